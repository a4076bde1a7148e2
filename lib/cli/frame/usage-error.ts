/** The command line is wrong. The message says what was expected, what came, and what to do. */
export class UsageError extends Error {
  static {
    this.prototype.name = 'UsageError';
  }

  readonly code = 'USAGE';
}
