import { ClientProxyFactory, Transport, type RmqOptions } from '@nestjs/microservices';
import { askWith, serveWith } from './nest-transport.js';
import type { System } from './system.js';

/** A process that stands still while others are measured must not count as lost, s. */
const HEARTBEAT = 3_600;

/** How long a queue stays that nobody uses any more, ms. */
const EXPIRES = 120_000;

/** Nest has one queue for all patterns of a client. */
function optionsFor(url: string, [queue]: readonly string[]): Required<RmqOptions> {
  return {
    transport: Transport.RMQ,
    options: {
      urls: [url],
      ...(queue === undefined ? {} : { queue }),
      noAck: true,
      socketOptions: { heartbeatIntervalInSeconds: HEARTBEAT },
      queueOptions: { durable: false, arguments: { 'x-expires': EXPIRES } },
    },
  };
}

export const system: System = {
  name: 'nest-rabbitmq',
  title: 'Nest RabbitMQ transport',
  server: 'RabbitMQ',
  setup:
    'Without acknowledgements, which is its default and its quickest way (a job dies with its worker), on a queue that ' +
    'is not durable, as its documentation shows it.',
  serve: (url, queues) => serveWith(optionsFor(url, queues), queues),
  connect: (url, queues) => askWith(ClientProxyFactory.create(optionsFor(url, queues))),
};
