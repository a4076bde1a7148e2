/** A refusal with the text of Redis and the error name of ioredis. */
export class ReplyError extends Error {
  static {
    this.prototype.name = 'ReplyError';
  }
}

export const wrongType = (): ReplyError =>
  new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value');

export const noSuchKey = (): ReplyError => new ReplyError('ERR no such key');

/** @returns the result of the work; `undefined` if it is refused. Like `pcall` in a script, it ignores the refusal. */
export function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof ReplyError) {
      return undefined;
    }
    throw error;
  }
}
