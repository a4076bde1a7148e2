import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();
const SECRET = 'correct-horse-battery-staple';

it('never shows the password that Redis does not accept', async () => {
  const connection = `redis://someone:${SECRET}@127.0.0.1:${redis.port}`;
  const { client, log, app } = await startApp({ connection });
  const error = await failureOf(client.send(randomQueue(), 1, { timeout: 200 }));
  await waitFor(() => log.text.includes('WRONGPASS'));
  expect(log.text).not.toContain(SECRET);
  expect(inspect(error, { depth: 10 })).not.toContain(SECRET);
  await app.close();
  expect(log.text).not.toContain(SECRET);
});

it('never shows a job that Redis refuses', async () => {
  const queue = randomQueue();
  await redis.look.set(`${queue}requests`, 'no list');
  const { client } = await startApp({ connection: redis.url });
  const error = await failureOf(client.send(queue, SECRET));
  expect(inspect(error, { depth: 10 })).not.toContain(SECRET);
});
