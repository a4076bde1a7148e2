import type { ReqRepEvent } from './events.js';

/** An event without what is the same for all events of an instance. */
export type PlacelessEvent = ReqRepEvent extends infer Event
  ? Event extends ReqRepEvent
    ? Omit<Event, 'instance' | 'server'>
    : never
  : never;
