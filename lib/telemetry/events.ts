/** What every event says. */
interface EventPlace {
  /** The name of the instance: `default` unless the module has a `name`, `core` without Nest. */
  readonly instance: string;
  /** The server: `redis://host:port/database`, without user and password. */
  readonly server: string;
}

/** This process has found that another worker was lost, and has recovered its jobs. */
export interface WorkerLostEvent extends EventPlace {
  readonly type: 'worker lost';
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
  readonly type: 'job redelivered';
  readonly queue: string;
  readonly id: string | number;
  /** Which delivery this is, from 2. */
  readonly attempt: number;
}

/** A job has become a dead letter. */
export interface JobDeadEvent extends EventPlace {
  readonly type: 'job dead';
  readonly queue: string;
  /** `undefined` where the job cannot be read. */
  readonly id: string | number | undefined;
  readonly reason: 'out of deliveries' | 'broken stream' | 'unreadable';
  readonly message: string;
}

/** A reply arrived that no request waits for. */
export interface ReplyDroppedEvent extends EventPlace {
  readonly type: 'reply dropped';
  /** `unreadable`: not a frame, or of an unknown kind; `not pending`: its request has timed out, was cancelled or has a reply. */
  readonly reason: 'unreadable' | 'not pending';
}

/** The server cannot be used. */
export interface OutageBeganEvent extends EventPlace {
  readonly type: 'outage began';
  /** Why the server cannot be used. */
  readonly message: string;
}

/** The server can be used again. */
export interface OutageEndedEvent extends EventPlace {
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

/** An event without its place, which is the same for all events of a driver. */
export type PlacelessEvent = ReqRepEvent extends infer Event
  ? Event extends ReqRepEvent
    ? Omit<Event, keyof EventPlace>
    : never
  : never;
