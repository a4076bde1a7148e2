import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { startLocalRedis } from '../../sample-app/src/local-redis.js';
import { hasEnded, startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';
import { readLedger } from './ledger.js';
import { few, findWrongs, type Fault } from './verdict.js';
import { Proxy } from './proxy.js';

/** `CHAOS_STORM=full` for the sizes of a busy service; else a short form of the same. */
const [WORKERS, REQUESTS, IN_FLIGHT, KILLS] =
  process.env['CHAOS_STORM'] === 'full' ? [8, 100_000, 512, 30] : [4, 8_000, 128, 4];

const redis = useRedis();
const folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-storm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function newLedger(): string {
  const ledger = join(folder, randomQueue());
  writeFileSync(ledger, '');
  return ledger;
}

it(`with default options, ${WORKERS} workers of which one is killed every second lose nothing`, async () => {
  const LEDGER = newLedger();
  const environment = { QUEUE: randomQueue(), REDIS_URL: redis.url, LEDGER, TIMEOUT: '60000' };
  const startWorker = () =>
    startProcess('chaos-worker', { ...environment, MS: '30', OPTIONS: '{"maxDeliveries":20}' });
  const workers = await Promise.all(Array.from({ length: WORKERS }, startWorker));
  const requester = await startProcess('chaos-requester', {
    ...environment,
    REQUESTS: String(REQUESTS),
    IN_FLIGHT: String(IN_FLIGHT),
  });
  const faults: Fault[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    await delay(1_000);
    const worker = workers.shift();
    const at = Date.now();
    faults.push({ name: 'SIGKILL', costs: 'worker', pid: worker?.pid, from: at, to: at });
    worker?.kill('SIGKILL');
    workers.push(await startWorker());
  }
  await waitFor(() => hasEnded(requester), 240_000);
  const stories = readLedger(LEDGER);
  const delays = [...stories.values()]
    .filter(({ runs }) => runs.length > 1)
    .map(({ sent, ended = Infinity }) => ended - sent);
  const longest = Math.max(0, ...delays);
  process.stdout.write(
    `${stories.size} requests, ${KILLS} workers killed, ${delays.length} jobs taken over, ` +
      `longest delay of one ${longest} ms\n`,
  );
  expect(stories.size).toBe(REQUESTS);
  expect(few(findWrongs(stories, { faults }))).toEqual([]);
  expect([...stories.values()].every(({ ends }) => ends[0] === 'complete')).toBe(true);
  expect(longest).toBeLessThan(15_000);
}, 300_000);

it('Redis restarted five times under load: work goes on soon after each return, and nothing is lost', async () => {
  const LEDGER = newLedger();
  const args = ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', folder];
  let server = await startLocalRedis({ args });
  const proxy = await Proxy.before(server.port);
  try {
    const environment = { QUEUE: randomQueue(), REDIS_URL: proxy.url, LEDGER, TIMEOUT: '60000' };
    await Promise.all([1, 2].map(() => startProcess('chaos-worker', environment)));
    const requester: ChildProcess = await startProcess('chaos-requester', environment);
    const completed = () =>
      [...readLedger(LEDGER).values()].filter(({ ends }) => ends[0] === 'complete').length;
    const faults: Fault[] = [];
    const pauses: number[] = [];
    for (let restart = 0; restart < 5; restart++) {
      await delay(500);
      const fault: Fault = { name: 'restart', costs: 'line', from: Date.now(), to: Infinity };
      faults.push(fault);
      process.kill(server.pid, 'SIGKILL');
      await delay(1_500);
      await server.stop();
      server = await startLocalRedis({ args });
      const before = completed();
      const back = performance.now();
      proxy.port = server.port;
      await waitFor(() => completed() > before + 64, 20_000);
      fault.to = Date.now();
      pauses.push(Math.round(performance.now() - back));
    }
    process.stdout.write(`work went on ${pauses.join(', ')} ms after the return of Redis\n`);
    requester.send('stop');
    await waitFor(() => hasEnded(requester), 70_000);
    const stories = readLedger(LEDGER);
    expect(few(findWrongs(stories, { faults }))).toEqual([]);
    expect([...stories.values()].every(({ ends }) => ends[0] === 'complete')).toBe(true);
    expect(Math.max(...pauses)).toBeLessThan(10_000);
  } finally {
    proxy.close();
    await server.stop();
  }
}, 180_000);
