import type { ReqRepOptions } from '../core/options.js';

/** The options of {@link ReqRepClient}: those of an instance of the library, and a queue. */
export type ReqRepClientOptions = ReqRepOptions & {
  /** The queue of the service that messages go to. */
  readonly queue: string;
};
