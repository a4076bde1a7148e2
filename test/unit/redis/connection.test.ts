import { expect, it } from 'vitest';
import { listLength, popFirst } from '../../../lib/protocol/operations/lists.js';
import type { Connection } from '../../../lib/redis/connection/connection.js';
import { FakeServer, NEVER, refusal } from './support/fake-server.js';

/** A blocking operation without a result. */
const NOTHING = { lists: ['none'], seconds: 0 };

/** A server, and an unused connection to it. */
function lineTo(options = {}) {
  const server = new FakeServer(options);
  const troubles: string[] = [];
  const connection = server.connection({
    onChange: (trouble) => trouble && troubles.push(trouble.message),
  });
  return { server, connection, troubles };
}

async function connected(options = {}) {
  const line = lineTo(options);
  line.connection.open();
  await line.server.runtime.advanceAsync(0);
  expect(line.connection.state).toBe('ready');
  return line;
}

it('knows its server and its own identity as soon as it is ready', async () => {
  const { connection } = await connected();
  expect(connection.server?.runId).toBe('run-1');
  expect(connection.identity).toMatchObject({ id: 1, address: '10.0.0.1:1', server: 'run-1' });
});

it('that is lost before its first answer fails the call, and becomes ready again', async () => {
  const { server, connection } = await connected();
  server.answer('llen', () => NEVER);
  const failed = expect(connection.run(listLength, 'list')).rejects.toThrow('closed');
  await server.runtime.advanceAsync(0);
  server.closeAll();
  expect(connection.state).toBe('reconnecting');
  expect(connection.identity).toBeUndefined();
  await failed;
  server.answer('llen', () => 3);
  await server.runtime.advanceAsync(100);
  expect(connection.state).toBe('ready');
  expect(connection.identity?.id).toBe(2);
  const length = connection.run(listLength, 'list');
  await server.runtime.advanceAsync(0);
  expect(await length).toBe(3);
});

it('ignores a second error of its socket, to which ioredis does not listen', async () => {
  const { connection } = await connected();
  const { redis } = connection;
  redis.emit('error', new Error('certificate has expired'));
  expect(() => redis.stream.emit('error', new Error('tlsv1 alert decode error'))).not.toThrow();
});

it('makes the server close the connection before it, and is not ready until then', async () => {
  const { server, connection } = await connected();
  server.answer('call', () => NEVER);
  server.closeAll();
  await server.runtime.advanceAsync(100);
  expect(server.asked).toContain('2 call CLIENT KILL ID 1 ADDR 10.0.0.1:1');
  expect(connection.state).toBe('reconnecting');
  expect(connection.identities.map(({ id }) => id)).toEqual([1, 2]);
  server.closeAll();
  server.answer('call', () => 'OK');
  await server.runtime.advanceAsync(100);
  expect(server.asked.filter((command) => command.startsWith('3 call CLIENT KILL'))).toEqual([
    '3 call CLIENT KILL ID 1 ADDR 10.0.0.1:1',
    '3 call CLIENT KILL ID 2 ADDR 10.0.0.1:2',
  ]);
  expect(connection.state).toBe('ready');
  expect(connection.identities.map(({ id }) => id)).toEqual([3]);
});

it('is ready if it may not close the connection before it', async () => {
  const { server, connection } = await connected();
  server.answer('call', () => {
    throw refusal('NOPERM no permissions to run client|kill');
  });
  server.closeAll();
  await server.runtime.advanceAsync(100);
  expect(connection.state).toBe('ready');
});

it('closes no connection by an id of another run of the server', async () => {
  const { server, connection } = await connected();
  server.closeAll();
  server.runId = 'run-2';
  await server.runtime.advanceAsync(100);
  expect(connection.state).toBe('ready');
  expect(server.asked.join()).not.toContain('KILL');
});

it('that is lost during its handshake repeats it on the next connection', async () => {
  const { server, connection } = lineTo();
  server.answer('client', () => NEVER);
  connection.open();
  await server.runtime.advanceAsync(0);
  expect(connection.state).toBe('connecting');
  server.closeAll();
  server.answer('client', (_, { id, address }) => `id=${id} addr=${address} db=0`);
  await server.runtime.advanceAsync(100);
  expect(connection.state).toBe('ready');
  expect(connection.identity?.id).toBe(2);
});

it('opens itself again after ioredis has given up', async () => {
  const { server, connection } = await connected();
  server.closeAll(false);
  await server.runtime.advanceAsync(400);
  expect(connection.state).toBe('reconnecting');
  await server.runtime.advanceAsync(200);
  expect(connection.state).toBe('ready');
});

it('that is closed opens nothing more, and leaves no timer', async () => {
  const { server, connection } = await connected();
  const ready = connection.nextChange();
  connection.close();
  await ready;
  await expect(connection.ready()).rejects.toThrow('is closed');
  await server.runtime.advanceAsync(60_000);
  expect(connection.state).toBe('closed');
  expect(server.runtime.pending).toBe(0);
});

const path = async (connection: Connection, server: FakeServer): Promise<unknown> => {
  await server.runtime.advanceAsync(100);
  expect(connection.state).toBe('ready');
  return connection.path;
};

it('has the same path if it was closed while no command was unanswered', async () => {
  const { server, connection } = await connected();
  const before = connection.path;
  server.closeAll();
  expect(await path(connection, server)).toBe(before);
});

it('has another path after a restart of the server', async () => {
  const { server, connection } = await connected();
  const before = connection.path;
  server.closeAll();
  server.runId = 'run-2';
  expect(await path(connection, server)).not.toBe(before);
});

it.each<[string, (connection: Connection) => Promise<unknown>]>([
  ['a command waits', (connection) => connection.run(popFirst, NOTHING)],
  ['several wait', (connection) => connection.all((run) => [run(popFirst, NOTHING)])],
  [
    'several wait, whatever they answer',
    (connection) => connection.settled((run) => [run(popFirst, NOTHING), run(listLength, 'none')]),
  ],
  [
    'a wait follows an operation',
    (connection) => {
      const { output, calls } = connection.runAhead(listLength, 'none', (run) => [
        run(popFirst, NOTHING),
      ]);
      return Promise.allSettled([output, ...calls]);
    },
  ],
])('has another path if it was lost while %s', async (_, ask) => {
  const { server, connection } = await connected();
  server.answer('blpop', () => NEVER);
  const before = connection.path;
  const asked = ask(connection).catch(() => undefined);
  await server.runtime.advanceAsync(0);
  server.closeAll();
  await asked;
  expect(await path(connection, server)).not.toBe(before);
});

it('without answers is late at first, then replaced, and the call fails', async () => {
  const { server, connection, troubles } = await connected();
  server.answer('blpop', () => NEVER);
  const failed = expect(connection.run(popFirst, NOTHING)).rejects.toThrow('closed');
  await server.runtime.advanceAsync(4_000);
  expect(connection.silence?.message).toContain('does not answer');
  expect(troubles).toEqual([]);
  await server.runtime.advanceAsync(10_000);
  await failed;
  expect(troubles).toEqual([expect.stringContaining('redis://fake:6379/0 does not answer')]);
  expect(connection.silence).toBeUndefined();
  expect(connection.state).toBe('ready');
  expect(connection.identity?.id).toBe(2);
});

it('reports a server that never answers as silent, not as one that closes connections', async () => {
  // Behind Sentinels nothing is looked for beside the connection.
  const { server, connection, troubles } = lineTo({ sentinels: [{ host: 'fake' }], name: 'main' });
  server.answer('info', () => NEVER);
  connection.open();
  await server.runtime.advanceAsync(40_000);
  expect(troubles.length).toBeGreaterThan(1);
  expect(troubles.filter((text) => !text.includes('does not answer'))).toEqual([]);
});

it.each([
  [
    'a replica',
    'role:slave',
    'is a replica, which accepts no writes: connect to the primary or to Sentinels',
    2,
  ],
  ['a server that loads its data', 'loading:1', 'is loading its data', 1],
])('waits while the server is %s', async (_, line, text, id) => {
  const { server, connection, troubles } = lineTo();
  server.info = [line];
  connection.open();
  await server.runtime.advanceAsync(0);
  expect(troubles).toEqual([`redis://fake:6379/0 ${text}`]);
  expect(connection.state).toBe('connecting');
  server.info = [];
  await server.runtime.advanceAsync(600);
  expect(connection.state).toBe('ready');
  expect(connection.identity?.id).toBe(id);
});

it('gives other advice about a replica where Sentinels are configured', async () => {
  const { server, connection, troubles } = lineTo({ sentinels: [{ host: 'fake' }], name: 'main' });
  server.info = ['role:slave'];
  connection.open();
  await server.runtime.advanceAsync(0);
  expect(troubles).toEqual([
    expect.stringMatching(/is a replica, which accepts no writes: wait until the Sentinels name/),
  ]);
});

it('reports why a server is unusable, until it can be used', async () => {
  // Behind Sentinels nothing is looked for beside the connection.
  const { server, connection, troubles } = lineTo({ sentinels: [{ host: 'fake' }], name: 'main' });
  server.info = ['cluster_enabled:1'];
  connection.open();
  const heard = new Set<string | undefined>();
  for (let second = 0; second < 12; second++) {
    await server.runtime.advanceAsync(1_000);
    heard.add(connection.obstacle?.message);
  }
  expect(new Set(troubles)).toEqual(heard);
  expect([...heard]).toEqual([expect.stringContaining('is a node of a Redis Cluster')]);
  server.info = [];
  await server.runtime.advanceAsync(6_000);
  expect(connection.obstacle).toBeUndefined();
  expect(connection.state).toBe('ready');
});

it('sends the text of a script that the server has lost', async () => {
  const { server, connection } = await connected();
  const script = {
    name: 'sum',
    lua: 'return 1',
    keys: () => ['key'],
    args: () => [2],
    read: Number,
  };
  server.answer('sum', () => {
    throw refusal('NOSCRIPT No matching script');
  });
  server.answer('eval', () => 1);
  const sum = connection.run(script, undefined);
  await server.runtime.advanceAsync(0);
  expect(await sum).toBe(1);
  expect(server.asked).toContain('1 eval return 1 1 key 2');
});
