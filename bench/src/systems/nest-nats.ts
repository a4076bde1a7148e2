import { ClientProxyFactory, Transport, type NatsOptions } from '@nestjs/microservices';
import { askWith, serveWith } from './nest-transport.js';
import type { System } from './system.js';

function optionsFor(url: string): Required<NatsOptions> {
  return { transport: Transport.NATS, options: { servers: [url], queue: 'bench' } };
}

export const system: System = {
  name: 'nest-nats',
  title: 'Nest NATS transport',
  server: 'NATS',
  setup:
    'A queue group, as its documentation says for several workers that share the messages; core NATS, its quickest way.',
  cannot: { backlog: 'core NATS: what is sent while nobody listens is refused' },
  serve: (url, queues) => serveWith(optionsFor(url), queues),
  connect: (url) => askWith(ClientProxyFactory.create(optionsFor(url))),
};
