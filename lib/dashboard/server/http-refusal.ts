import type { OutgoingHttpHeaders } from 'node:http';

/** A request that is not carried out. The message says what came, what was expected, and what to do. */
export class HttpRefusal extends Error {
  static {
    this.prototype.name = 'HttpRefusal';
  }

  constructor(
    /** The status of the answer. */
    readonly status: number,
    message: string,
    readonly headers: OutgoingHttpHeaders = {},
  ) {
    super(message);
  }
}
