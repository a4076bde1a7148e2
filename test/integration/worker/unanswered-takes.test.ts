import { expect, it, onTestFinished } from 'vitest';
import { connectionSource } from '../../../lib/redis/topology/connection-source.js';
import { Connections } from '../../../lib/redis/connections.js';
import { Slot } from '../../../lib/worker/taking/slots.js';
import { UnansweredTakes } from '../../../lib/worker/taking/unanswered-takes.js';
import { randomQueue } from '../../support/random-queue.js';
import { useRedis } from '../../support/redis.js';
import { KeptLog } from '../../unit/support/kept-log.js';

const redis = useRedis(['--client-output-buffer-limit', 'normal 1mb 0 0']);

function reader() {
  const log = new KeptLog();
  const connections = new Connections(connectionSource(redis.url), 'test', log);
  onTestFinished(() => connections.close());
  return { takes: new UnansweredTakes(connections, log), connections };
}

const take = (key: string) => ({ slot: new Slot(0, key), most: 1, isLong: true });

it('many that are too long together are read one after the other, on one connection', async () => {
  const { takes, connections } = reader();
  const queue = randomQueue();
  const jobs = Array.from({ length: 12 }, (_, index) => `${index}`.padEnd(600_000));
  await Promise.all(jobs.map((job, index) => redis.look.rpush(`${queue}${index}`, job)));
  await connections.ready();
  const { identity } = connections.commands;
  const read = await Promise.all(jobs.map((_, index) => takes.read(take(`${queue}${index}`), '')));
  expect(read.map((found) => found?.[0]?.trim())).toEqual(jobs.map((job) => job.trim()));
  expect(connections.commands.identity).toBe(identity);
});
