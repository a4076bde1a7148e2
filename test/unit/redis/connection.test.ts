import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { connectionSource } from '../../../lib/redis/connection-source.js';
import { Connection } from '../../../lib/redis/connection.js';
import { waitFor } from '../../support/wait-for.js';

let server: Server;

afterEach(() => server.close());

it('listens no more often after many attempts than after the first', async () => {
  let attempts = 0;
  server = createServer((socket) => {
    attempts++;
    socket.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = new Connection(
    connectionSource({ host: '127.0.0.1', port }),
    'test',
    () => undefined,
  );
  const listeners = (): number[] =>
    ['ready', 'close'].map((event) => connection.redis.listenerCount(event));
  const before = listeners();
  connection.open();
  await waitFor(() => attempts > 3 && connection.redis.status === 'reconnecting');
  expect(listeners()).toEqual(before);
  connection.close();
});
