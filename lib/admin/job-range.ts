/** Some of the jobs that wait in a queue, from the one that is taken next. */
export interface JobRange {
  /**
   * Number of jobs to leave out.
   * @default 0
   */
  readonly skip?: number | undefined;
  /**
   * Most jobs to return, from 1 to 1000.
   * @default 50
   */
  readonly limit?: number | undefined;
}
