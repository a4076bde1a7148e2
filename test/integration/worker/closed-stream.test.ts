import { expect, it } from 'vitest';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { Connections } from '../../../lib/redis/connections.js';
import { ReplyStream } from '../../../lib/worker/running/reply-stream.js';
import { commandCalls } from '../../support/command-calls.js';
import { randomQueue } from '../../support/random-queue.js';
import { useRedis } from '../../support/redis.js';
import { waitFor } from '../../support/wait-for.js';
import { KeptLog } from '../../unit/support/kept-log.js';

const redis = useRedis();

it('a stream that waits for its caller to read is given up when the connections are closed', async () => {
  const queue = randomQueue();
  const list = `${queue}replies`;
  const place = { key: `${queue}slot`, position: 0 };
  await redis.look.rpush(place.key, 'job');
  await redis.look.rpush(list, ...Array.from({ length: 2_000 }, String));
  const log = new KeptLog();
  const connections = new Connections(connectionSource(redis.url), 'test', log);
  const reasons: string[] = [];
  const target = { queue, id: 'job-1', attempt: 1, place, list, ttl: () => 60_000 };
  const stream = new ReplyStream(target, connections, log, ({ message }) => reasons.push(message));
  stream.add('1');
  // The push, and the first look at what lies unread.
  await waitFor(async () => (await commandCalls(redis.look, 'evalsha')) >= 2);
  connections.close();
  await stream.flushed();
  expect(stream.isStopped).toBe(true);
  expect(reasons).toEqual([expect.stringContaining('the connections are closed')]);
});
