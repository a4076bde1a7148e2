import { messageOf, propertyOf } from '../../errors/error-text.js';

/** A package that the library needs is not installed. */
export class MissingPeerError extends Error {
  static {
    this.prototype.name = 'MissingPeerError';
  }

  readonly code = 'MISSING_PEER';

  constructor(name: string, options: ErrorOptions) {
    super(`The package ${name} is not installed here: npm install ioredis rxjs`, options);
  }
}

/**
 * Loads what needs `ioredis` and `rxjs`: everything else, such as the help, works without them.
 * @throws MissingPeerError
 */
export async function withPeers<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  try {
    return await load();
  } catch (error) {
    const [, name] = /^Cannot find package '([^']+)'/.exec(messageOf(error)) ?? [];
    throw propertyOf(error, 'code') === 'ERR_MODULE_NOT_FOUND' && name !== undefined
      ? new MissingPeerError(name, { cause: error })
      : error;
  }
}
