import { ReqRepClient, ReqRepServer } from 'nestjs-reqrep/microservices';
import { askWith, serveWith } from './nest-transport.js';
import type { System } from './system.js';

/** The queue of the service, which gets the messages of all patterns. */
const SERVICE = 'bench-service';

/** More than the longest backlog, which alone would meet the limit. */
const MOST_PENDING = 250_000;

export const system: System = {
  name: 'nestjs-reqrep-microservices',
  title: 'nestjs-reqrep, as a transport of Nest',
  server: 'Redis',
  setup:
    'The controllers of the other transports of Nest; default options, only `maxPending` is raised, for the backlog.',
  serve: (url, queues) =>
    serveWith({ strategy: new ReqRepServer({ connection: url, queue: SERVICE }) }, queues),
  connect: (url) =>
    askWith(new ReqRepClient({ connection: url, queue: SERVICE, maxPending: MOST_PENDING })),
};
