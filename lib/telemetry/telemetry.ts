import type { CallMessage } from './call-message.js';
import type { ReqRepEvent } from './events.js';
import type { JobMessage } from './job-message.js';

/** The state of a queue at a moment. */
export interface QueueLoad {
  /** How many jobs wait. */
  readonly length: number;
  /** How long the oldest waiting job has waited, ms; `0` where none waits, or it is of the original protocol. */
  readonly age: number;
  /** How many workers are alive, in all processes. */
  readonly workers: number;
}

/** A queue that this process serves. */
export interface ServedQueue {
  /** The name of the queue. */
  readonly queue: string;
  /** The name of the handler: `Class#method`; without Nest the name of the function. */
  readonly handler: string;
  /** How many jobs this process runs now. */
  readonly busy: number;
}

/** One instance, as far as its {@link Telemetry} may look at it. */
export interface ObservedInstance {
  /** The name of the instance: `default` unless the module has a `name`, `core` without Nest. */
  readonly name: string;
  /** The server: `redis://host:port/database`, without user and password. */
  readonly server: string;
  /** How many requests wait for their end now. */
  readonly pending: number;
  /** The queues that this process serves now. */
  readonly queues: readonly ServedQueue[];
  /** Asks Redis for the state of a queue. Resolves with `undefined` where Redis does not answer within 0.5 s. */
  inspect(queue: string): Promise<QueueLoad | undefined>;
}

/**
 * Listens to one instance: the option `telemetry`. Each method may be left out, and what nobody listens to costs nothing. What a method
 * throws is logged, and changes no call and no job.
 */
export interface Telemetry {
  /**
   * A call begins. Is called in the async context of the code that makes the call, before its data is encoded: it may add headers. A call
   * with a wrong queue or option does not begin.
   * @returns what is to be called once at the end of the call, in no particular async context.
   */
  callBegins?(call: CallMessage): ((call: CallMessage) => void) | undefined;
  /**
   * A job begins.
   * @param run - runs the job: call it once, in the async context that the handler is to have.
   * @returns what is to be called once when the job is answered and has left the worker, in no particular async context.
   */
  jobBegins?(job: JobMessage, run: () => void): ((job: JobMessage) => void) | undefined;
  /** Something happened that operators count. */
  happened?(event: ReqRepEvent): void;
  /**
   * The instance was made. It may not be connected yet.
   * @returns what is to be called once when the instance is closed.
   */
  opened?(instance: ObservedInstance): (() => void) | undefined;
}
