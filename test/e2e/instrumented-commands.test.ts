import { once } from 'node:events';
import { expect, it } from 'vitest';
import { startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

interface SentCommand {
  readonly command: string;
  /** The command with its first arguments. */
  readonly text: string;
  readonly parent?: string;
}

it('sends no command of our own in the context of a caller or of a job', async () => {
  const QUEUE = randomQueue();
  const app = await startProcess('instrumented-commands.cjs', { REDIS_URL: redis.url, QUEUE });
  // The one job of three that has expired is pruned.
  await waitFor(async () => (await redis.look.llen(`${QUEUE}nobodyrequests`)) === 2);
  app.send('close');
  const [sent] = (await once(app, 'message')) as [SentCommand[]];
  const ofHandler = sent.filter(({ command }) => command === 'get');
  expect(ofHandler.length).toBeGreaterThan(20);
  expect(new Set(ofHandler.map(({ parent }) => parent))).toEqual(
    new Set([`${QUEUE}echo`, `process ${QUEUE}echo`]),
  );
  const own = sent.filter(({ command }) => !['get', 'quit'].includes(command));
  const commands = new Set(own.map(({ command }) => command));
  for (const command of ['connect', 'evalsha', 'publish', 'subscribe']) {
    expect(commands).toContain(command);
  }
  const ofQueue = [
    ['a batch', 'rpush', `${QUEUE}echorequests`],
    ['a blocking read', 'blmove', `${QUEUE}echorequests`],
    ['a lease', 'evalsha', `${QUEUE}echoworkers`],
  ] as const;
  for (const [what, command, key] of ofQueue) {
    const isSeen = own.some(({ text }) => text.startsWith(command) && text.includes(key));
    expect(isSeen, what).toBe(true);
  }
  const hung = own.filter(({ parent }) => parent !== undefined);
  expect([...new Set(hung.map(({ command, parent }) => `${command} in ${parent}`))]).toEqual([]);
});
