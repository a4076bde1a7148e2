/** Some entries of a list: waiting jobs from the one that is taken next, dead letters from the newest. */
export interface ListRange {
  /**
   * Number of entries to leave out.
   * @default 0
   */
  readonly skip?: number | undefined;
  /**
   * Most entries to return, from 1 to 1000.
   * @default 50
   */
  readonly limit?: number | undefined;
}
