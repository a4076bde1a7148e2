import { ClientProxyFactory, Transport, type RedisOptions } from '@nestjs/microservices';
import { askWith, serveWith } from './nest-transport.js';
import type { System } from './system.js';

function optionsFor(url: string): Required<RedisOptions> {
  const { hostname, port } = new URL(url);
  return { transport: Transport.REDIS, options: { host: hostname, port: Number(port) } };
}

export const system: System = {
  name: 'nest-redis',
  title: 'Nest Redis transport',
  server: 'Redis',
  setup:
    'Host and port alone, as its documentation shows it: its other options are about retries and wildcards.',
  cannot: { backlog: 'publish/subscribe: what is sent while nobody listens is lost' },
  serve: (url, queues) => serveWith(optionsFor(url), queues),
  connect: (url) => askWith(ClientProxyFactory.create(optionsFor(url))),
};
