/** A refusal in the words of Redis, known by its name as those of ioredis are. */
export class ReplyError extends Error {
  static {
    this.prototype.name = 'ReplyError';
  }
}

export const wrongType = (): ReplyError =>
  new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value');

export const noSuchKey = (): ReplyError => new ReplyError('ERR no such key');

/** @returns what the work comes to; `undefined` where it is refused, which is no obstacle then. */
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
