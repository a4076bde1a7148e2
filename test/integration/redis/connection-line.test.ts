import { expect, it, onTestFinished } from 'vitest';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { Connection } from '../../../lib/redis/connection/connection.js';
import { useRedis } from '../../support/redis.js';
import { waitFor } from '../../support/wait-for.js';
import { listLength, popFirst } from '../../../lib/protocol/operations/lists.js';

const redis = useRedis();

async function connected(): Promise<Connection> {
  const connection = new Connection(connectionSource(redis.url), 'test');
  onTestFinished(() => connection.close());
  await connection.ready();
  return connection;
}

/** Makes the server close a connection. Resolves after the reconnect. */
async function closed(connection: Connection): Promise<void> {
  const id = connection.identity?.id;
  await redis.look.call('CLIENT', 'KILL', 'ID', String(id));
  await waitFor(() => connection.state === 'ready' && connection.identity?.id !== id);
}

it('a connection that is closed without an unanswered command keeps its path', async () => {
  const connection = await connected();
  const { path } = connection;
  await closed(connection);
  expect(connection.path).toBe(path);
});

/** A blocking operation without a result. */
const NOTHING = { lists: ['none'], seconds: 0 };

it.each<[string, (connection: Connection) => Promise<unknown>]>([
  ['a command waits', (connection) => connection.run(popFirst, NOTHING)],
  ['several wait', (connection) => connection.all((run) => [run(popFirst, NOTHING)])],
  [
    'several wait, whatever they answer',
    (connection) => connection.settled((run) => [run(popFirst, NOTHING), run(listLength, 'none')]),
  ],
])('a connection that is lost while %s has another path', async (_, ask) => {
  const connection = await connected();
  const { path } = connection;
  const asked = ask(connection).catch(() => undefined);
  await waitFor(async () => String(await redis.look.client('LIST')).includes('cmd=blpop'));
  await closed(connection);
  await asked;
  expect(connection.path).not.toBe(path);
});
