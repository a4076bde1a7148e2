import { RedisStreamClient, RedisStreamServer } from '@nestjs-redis/streams-transporter';
import { askWith, serveWith } from './nest-transport.js';
import type { System } from './system.js';

/** More than the longest backlog: of a longer stream, the oldest requests are lost. */
const LONGEST_STREAM = 250_000;

const optionsFor = (url: string): object => ({ url, maxStreamLength: LONGEST_STREAM });

export const system: System = {
  name: 'streams-transporter',
  title: '@nestjs-redis/streams-transporter',
  server: 'Redis',
  setup:
    'Its defaults, which it recommends nothing else for; only `maxStreamLength` is raised, so that no request is trimmed.',
  cannot: { stream: 'it replies with the first value only' },
  serve: (url, queues) => serveWith({ strategy: new RedisStreamServer(optionsFor(url)) }, queues),
  connect: async (url) => askWith(new RedisStreamClient(optionsFor(url))),
};
