import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { startLocalRedis } from '../../sample-app/src/local-redis.js';
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

it('never shows a URL that was given for an option of the socket', async () => {
  const url = `redis://someone:${SECRET}@127.0.0.1:${redis.port}`;
  const tls: object = { localAddress: url };
  const { client, log } = await startApp({ connection: { port: redis.port, tls } });
  await failureOf(client.send(randomQueue(), 1, { timeout: 200 }));
  expect(log.text).toContain('cannot be reached (ERR_INVALID_IP_ADDRESS');
  expect(log.text).not.toContain(SECRET);
});

it('never shows what was sent with a command that Redis does not know', async () => {
  const server = await startLocalRedis({ args: ['--rename-command', 'PUBLISH', ''] });
  onTestFinished(() => server.stop());
  const queue = randomQueue();
  const { client, log } = await startApp({ connection: server.url });
  const sent = client.send(queue, 1).subscribe();
  const look = new Redis(server.url);
  onTestFinished(() => look.disconnect());
  await waitFor(async () => (await look.llen(`${queue}requests`)) === 1);
  sent.unsubscribe();
  await waitFor(() => log.text.includes('does not know PUBLISH'));
  expect(log.text).not.toContain('args');
});

it('never shows a job that Redis refuses', async () => {
  const queue = randomQueue();
  await redis.look.set(`${queue}requests`, 'no list');
  const { client } = await startApp({ connection: redis.url });
  const error = await failureOf(client.send(queue, SECRET));
  expect(inspect(error, { depth: 10 })).not.toContain(SECRET);
});
