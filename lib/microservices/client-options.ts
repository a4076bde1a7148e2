import type { ReqRepOptions } from '../core/options.js';

/** The options of {@link ReqRepClient}. */
export interface ReqRepClientOptions extends ReqRepOptions {
  /** The queue of the service that messages go to. */
  readonly queue: string;
}
