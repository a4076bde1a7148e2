/** Some of the dead letters of a queue, from the newest. */
export interface DeadLetterRange {
  /**
   * Number of letters to leave out.
   * @default 0
   */
  readonly skip?: number | undefined;
  /**
   * Most letters to return, from 1 to 1000.
   * @default 50
   */
  readonly limit?: number | undefined;
}
