import type { JobFailure } from '../worker/running/job-failure.js';

/** Listeners that {@link ReqRepClient.on} takes, by the names of their events: the states of the connections. */
export type ReqRepClientEvents = {
  /** Redis can be used. */
  readonly connected: () => void;
  /** A connection was lost, and a new one is made. */
  readonly reconnecting: () => void;
  /** The connections were closed for good. */
  readonly disconnected: () => void;
};

/** Listeners that {@link ReqRepServer.on} takes, by the names of their events. */
export type ReqRepServerEvents = ReqRepClientEvents & {
  /** A handler failed, or other code that runs with its jobs. */
  readonly failure: (failure: JobFailure) => void;
};
