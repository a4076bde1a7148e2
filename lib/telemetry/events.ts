/** What every event says. */
interface EventPlace {
  /** The name of the instance: `default` unless the module has a `name`, `core` without Nest. */
  readonly instance: string;
  /** The server: `redis://host:port/database`, without user and password. */
  readonly server: string;
}

/** This process has found that another worker was lost, and has recovered its jobs. */
export interface WorkerLostEvent extends EventPlace {
  /** Tells the events apart. */
  readonly type: 'worker lost';
  /** The name of the queue. */
  readonly queue: string;
  /** Names the lost worker: host, process id and the name of its handler. */
  readonly worker: string;
  /** How many of its jobs went back to the queue. */
  readonly givenBack: number;
  /** How many of its jobs became dead letters. */
  readonly dead: number;
}

/** A worker starts a job that was delivered before. */
export interface JobRedeliveredEvent extends EventPlace {
  /** Tells the events apart. */
  readonly type: 'job redelivered';
  /** The name of the queue. */
  readonly queue: string;
  /** The id of the job. */
  readonly id: string | number;
  /** Which delivery this is, from 2. */
  readonly attempt: number;
}

/** A job has become a dead letter. */
export interface JobDeadEvent extends EventPlace {
  /** Tells the events apart. */
  readonly type: 'job dead';
  /** The name of the queue. */
  readonly queue: string;
  /** The id of the job; `undefined` where the job cannot be read. */
  readonly id: string | number | undefined;
  /**
   * Why it is not run any more: it was delivered too often, its worker was lost after it had sent values of a stream, it is no job, or
   * its handler threw and nobody hears of it.
   */
  readonly reason: 'out of deliveries' | 'broken stream' | 'unreadable' | 'failed';
  /** The reason in words. */
  readonly message: string;
}

/** A reply arrived that no request waits for. */
export interface ReplyDroppedEvent extends EventPlace {
  /** Tells the events apart. */
  readonly type: 'reply dropped';
  /** `unreadable`: not a frame, or of an unknown kind; `not pending`: its request has timed out, was cancelled or has a reply. */
  readonly reason: 'unreadable' | 'not pending';
}

/** The server cannot be used. */
export interface OutageBeganEvent extends EventPlace {
  /** Tells the events apart. */
  readonly type: 'outage began';
  /** Why the server cannot be used. */
  readonly message: string;
}

/** The server can be used again. */
export interface OutageEndedEvent extends EventPlace {
  /** Tells the events apart. */
  readonly type: 'outage ended';
  /** How long the outage took, ms. */
  readonly duration: number;
}

/** Something that operators count. */
export type ReqRepEvent =
  | WorkerLostEvent
  | JobRedeliveredEvent
  | JobDeadEvent
  | ReplyDroppedEvent
  | OutageBeganEvent
  | OutageEndedEvent;
