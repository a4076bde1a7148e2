/** The options of `QueueAdmin.running`. */
export interface RunningOptions {
  /**
   * How long to wait for the answers of the workers, ms.
   * @default 500
   */
  readonly timeout?: number | undefined;
}
