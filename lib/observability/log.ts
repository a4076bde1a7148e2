/** Where the library says what an operator should know. The Nest shell hands in Nest's `Logger`. */
export interface Log {
  info(text: string): void;
  warn(text: string): void;
  /** @param stack - of the error that the text speaks of, where there is one. */
  error(text: string, stack?: string): void;
}
