import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { Connections } from '../../../lib/redis/connections.js';
import { KeptLog } from '../support/kept-log.js';
import { FakeServer, NEVER, refusal } from './support/fake-server.js';

/** A server, and connections to it of which the one for commands is ready. */
async function connected() {
  const server = new FakeServer();
  const connections = server.connections();
  const ready = connections.ready();
  await server.runtime.advanceAsync(0);
  await ready;
  return { server, connections };
}

it('show no password when they are inspected', () => {
  const secret = 'hunter2';
  const connections = new Connections(
    connectionSource({ password: secret }),
    'test',
    new KeptLog(),
  );
  const connection = connections.commands;
  for (const seen of [connection, connections, { connections, connection }]) {
    for (const customInspect of [true, false]) {
      expect(inspect(seen, { depth: null, showHidden: true, customInspect })).not.toContain(secret);
    }
    expect(JSON.stringify(seen)).not.toContain(secret);
  }
  connections.close();
});

it('leave the failover detector of ioredis off, whatever the options say', () => {
  const followed: unknown[] = [];
  const connections = new Connections(
    (overrides) => {
      followed.push([overrides.connectionName, overrides.failoverDetector]);
      return connectionSource({
        sentinels: [{ host: 'redis.example' }],
        name: 'main',
        failoverDetector: true,
      })(overrides);
    },
    'test',
    new KeptLog(),
  );
  void connections.commands;
  connections.blocking('replies');
  expect(followed).toEqual([
    ['nestjs-reqrep:test:commands', false],
    ['nestjs-reqrep:test:replies', false],
  ]);
  connections.close();
});

it('are not ready after a quiet time, until the server has answered', async () => {
  const { server, connections } = await connected();
  await server.runtime.advanceAsync(10_000);
  expect(connections.isReady).toBe(false);
  expect(connections.isConnected).toBe(true);
  const ready = Promise.all([connections.ready(), connections.ready()]);
  await server.runtime.advanceAsync(0);
  await ready;
  expect(connections.isReady).toBe(true);
  expect(server.asked.filter((command) => command === '1 ping')).toHaveLength(1);
});

it('accept a refusal as an answer after a quiet time', async () => {
  const { server, connections } = await connected();
  await server.runtime.advanceAsync(10_000);
  server.answer('ping', () => {
    throw refusal('NOPERM no permissions to run ping');
  });
  const ready = connections.ready();
  await server.runtime.advanceAsync(0);
  await ready;
  expect(connections.commands.identity?.id).toBe(1);
});

it('replace a connection that does not answer soon after a quiet time', async () => {
  const { server, connections } = await connected();
  await server.runtime.advanceAsync(10_000);
  server.answer('ping', () => NEVER);
  const ready = connections.ready();
  await server.runtime.advanceAsync(2_000);
  await ready;
  expect(connections.commands.identity?.id).toBe(2);
});

it('are ready only if all are', async () => {
  const { server, connections } = await connected();
  const states: string[] = [];
  const stop = connections.onState((state) => states.push(state));
  const reader = connections.blocking('jobs');
  void reader.ready();
  expect(connections.state).toBe('connecting');
  await server.runtime.advanceAsync(0);
  expect(connections.state).toBe('ready');
  server.closeAll();
  await server.runtime.advanceAsync(100);
  connections.release(reader);
  stop();
  connections.close();
  expect(states).toEqual(['connecting', 'ready', 'reconnecting', 'ready']);
});

it('use the clock of the server, and measure it regularly', async () => {
  const { server, connections } = await connected();
  expect(connections.clock.now()).toBe(1_000_000);
  await server.runtime.advanceAsync(500);
  expect(connections.clock.now()).toBe(1_000_500);
  server.answer('time', () => [5_000, 0]);
  await server.runtime.advanceAsync(60_000);
  expect(connections.clock.now()).toBeGreaterThan(5_000_000);
});

it('cannot be used while the server refuses TIME', async () => {
  const server = new FakeServer({ sentinels: [{ host: 'fake' }], name: 'main' });
  const connections = server.connections();
  server.answer('time', () => {
    throw refusal('NOPERM no permissions to run time');
  });
  const unusable = expect(connections.usable()).rejects.toThrow('does not report its time');
  await server.runtime.advanceAsync(0);
  await unusable;
  server.answer('time', () => [1_000, 0]);
  const usable = connections.usable().catch(() => connections.ready());
  await server.runtime.advanceAsync(6_000);
  await usable;
  expect(server.log.infos).toEqual(['Redis can be used again']);
});

it('log up to twice a minute that a server is lost, each with its return', async () => {
  const { server, connections } = await connected();
  for (let outage = 0; outage < 5; outage++) {
    const lost = connections.lost();
    server.isUp = false;
    server.closeAll();
    await server.runtime.advanceAsync(100);
    await lost;
    expect(connections.trouble?.code).toBe('ECONNREFUSED');
    server.isUp = true;
    await server.runtime.advanceAsync(200);
    expect(connections.trouble).toBeUndefined();
  }
  expect(server.log.warnings).toHaveLength(2);
  expect(server.log.warnings[1]).toContain('cannot be reached');
  expect(server.log.infos).toEqual(server.log.warnings.map(() => 'Redis can be used again'));
});

it('log once that the server does not answer, and that it can be used again', async () => {
  const { server, connections } = await connected();
  let isStill = true;
  server.answer('llen', () => (isStill ? NEVER : 0));
  void connections.commands.send((redis) => redis.llen('list')).catch(() => undefined);
  await server.runtime.advanceAsync(5_000);
  expect(server.log.warnings).toEqual([expect.stringContaining('does not answer')]);
  isStill = false;
  await server.runtime.advanceAsync(10_000);
  expect(server.log.warnings).toHaveLength(1);
  expect(server.log.infos).toEqual(['Redis can be used again']);
});

it('that are closed in the turn of the last answer of their handshake leave no timer', async () => {
  const server = new FakeServer();
  const connections = server.connections();
  let samples = 0;
  server.answer('time', () => {
    if (++samples === 3) {
      queueMicrotask(() => connections.close());
    }
    return [1_000, 0];
  });
  const closed = expect(connections.ready()).rejects.toThrow('closed');
  await server.runtime.advanceAsync(10_000);
  await closed;
  expect(server.runtime.pending).toBe(0);
});

it('stay closed', async () => {
  const { server, connections } = await connected();
  const lost = connections.commands.nextChange();
  connections.close();
  await lost;
  expect(connections.state).toBe('closed');
  expect(() => connections.blocking('jobs')).toThrow('closed');
  await expect(connections.ready()).rejects.toThrow('closed');
  await server.runtime.advanceAsync(10_000);
  expect(server.runtime.pending).toBe(0);
});
