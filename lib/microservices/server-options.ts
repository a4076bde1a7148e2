import type { ReqRepOptions } from '../core/options.js';

/** The options of {@link ReqRepServer}: those of an instance of the library, and a queue. */
export type ReqRepServerOptions = ReqRepOptions & {
  /** The queue of the service: its handlers get all messages from it, but those whose extras name a queue of their own. */
  readonly queue: string;
};
