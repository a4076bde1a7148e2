import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { Connection } from '../../../lib/redis/connection/connection.js';
import { waitFor } from '../../support/wait-for.js';

let server: Server | undefined;

afterEach(() => {
  server?.close();
});

it('adds no more listeners after many attempts than after the first', async () => {
  let attempts = 0;
  server = createServer((socket) => {
    attempts++;
    socket.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = new Connection(connectionSource({ host: '127.0.0.1', port }), 'test');
  const listeners = (): number[] =>
    ['ready', 'close'].map((event) => connection.redis.listenerCount(event));
  const before = listeners();
  connection.open();
  await waitFor(() => attempts > 3 && connection.redis.status === 'reconnecting');
  expect(listeners()).toEqual(before);
  connection.close();
});

it('reconnects once from a server that accepts no writes, however many commands are refused', async () => {
  let connections = 0;
  server = createServer((socket) => {
    connections++;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      const commands = String(data).split('*').length - 1;
      const isWrite = String(data).includes('set');
      socket.write((isWrite ? '-READONLY a replica\r\n' : '+OK\r\n').repeat(commands));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const source = connectionSource({
    host: '127.0.0.1',
    port,
    protocol: 2,
    disableClientInfo: true,
  });
  const connection = new Connection(source, 'test');
  await connection.ready();
  const closeListeners = vi.spyOn(connection.redis, 'disconnect');
  const writes = Array.from({ length: 50 }, () =>
    connection.send((redis) => redis.set('key', 'value')).catch((error: Error) => error.message),
  );
  expect(new Set(await Promise.all(writes))).toEqual(new Set(['READONLY a replica']));
  expect(closeListeners).toHaveBeenCalledTimes(1);
  await waitFor(() => connections === 2);
  connection.close();
});

it('reports the answer of a server that closes each connection, and that there is none', async () => {
  let words = '-ERR max number of clients reached\r\n';
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(words);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  for (const expected of [
    'answers "ERR max number of clients reached"',
    'closes each connection without an answer: check that a Redis server listens on this host and port',
  ]) {
    const reasons: string[] = [];
    const connection = new Connection(connectionSource({ host: '127.0.0.1', port }), 'test', {
      onChange: (trouble) => trouble && reasons.push(trouble.message),
    });
    connection.open();
    await waitFor(() => reasons.length > 0);
    expect(reasons[0]).toBe(`redis://127.0.0.1:${port}/0 ${expected}`);
    connection.close();
    words = '';
  }
});

it('can be closed during the handshake with a server that does not answer', async () => {
  let isReady = false;
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    // What ioredis asks by itself is answered, however many commands that are.
    socket.on('data', (data) => {
      const commands = data.toString().match(/^\*\d+\r$/gm) ?? [];
      socket.write(isReady ? '' : '+OK\r\n'.repeat(commands.length));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = new Connection(connectionSource({ host: '127.0.0.1', port }), 'test');
  connection.redis.once('ready', () => (isReady = true));
  const ready = connection.ready();
  await once(connection.redis, 'ready');
  expect(connection.state).toBe('connecting');
  connection.close();
  await expect(ready).rejects.toThrow('is closed');
});
