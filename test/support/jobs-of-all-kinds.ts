import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { firstValueFrom, lastValueFrom, toArray, type Observable } from 'rxjs';
import { createReqRep, type ReqRep } from '../../lib/core/index.js';
import type { ReqRepError } from '../../lib/index.js';
import { DOCUMENTED_PREFIX as prefix, type Role } from './documented-users.js';
import type { TestRedis } from './redis.js';
import { countDead } from './dead-letters.js';
import { waitFor } from './wait-for.js';

/** What jobs of all kinds came to, and the warnings and errors that were logged. */
export interface JobsOfAllKinds {
  readonly results: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

/** How long a request waits where something is expected to fail, ms. */
const TIMEOUT_MS = 1_500;

/** How long a request waits where all is expected to go well, and how long its traces are waited for, ms. */
const PATIENT_TIMEOUT_MS = 15_000;

/** Time for what happens behind the last reply: a client prunes a queue a second after a timeout. */
const AFTERWARDS_MS = 1_200;

const LONG_TEXT = 'x'.repeat(100_000);

/** How many jobs wait when the worker starts, so that it takes several at a time. */
const WAITING_JOBS = 20;

/**
 * Lets a worker and a requester do what the library offers, each as a user of Redis, for a limited time.
 * @param purpose - begins the names of the queues, which are new each time: a test that is tried again meets no keys of the
 *   first try.
 * @param expected - the results that a slow machine may take longer to reach.
 */
export async function jobsOfAllKinds(
  redis: TestRedis,
  purpose: string,
  urls: Readonly<Record<Role, string>>,
  expected?: JobsOfAllKinds['results'],
): Promise<JobsOfAllKinds> {
  const { look } = redis;
  const name = `${purpose}-${randomUUID().slice(0, 8)}`;
  const timeout = expected ? PATIENT_TIMEOUT_MS : TIMEOUT_MS;
  const lines: string[] = [];
  const log = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
  const logger = { log: () => undefined, warn: log('warn'), error: log('error') };
  const options = { prefix, lease: 300, timeout, shutdownTimeout: 200, logger };
  const worker = createReqRep({ ...options, connection: urls.worker });
  const requester = createReqRep({ ...options, connection: urls.requester });
  const key = (text: string): string => `${prefix}${name}-${text}`;
  const lengths = (...lists: string[]): Promise<number[]> =>
    Promise.all(lists.map((list) => look.llen(key(list))));
  const dead = (queue: string): Promise<number> => countDead(look, key(queue));
  try {
    const ids = Array.from({ length: WAITING_JOBS }, (_, id) => id);
    await look.rpush(key('manyrequests'), ...ids.map((id) => `["${id}",${id}]`));
    await look.rpush(key('unreadablerequests'), 'no job');
    await loseWorker(redis, key('lost'));
    const aborted = await serve(worker, name, timeout);
    const replies = await ask(requester, name);
    const results = async (): Promise<JobsOfAllKinds['results']> => ({
      ...replies,
      aborted: aborted(),
      many: await lengths(...ids.map((id) => `manyreplies:${id}`)),
      lost: [...(await lengths('lostreplies:1', 'lostreplies:2')), await dead('lost')],
      unreadable: [...(await lengths('unreadablerequests')), await dead('unreadable')],
      unserved: await lengths('emptyrequests', 'unservedrequests'),
    });
    await delay(AFTERWARDS_MS);
    if (expected) {
      const areReached = async () => {
        const found = await results();
        return Object.keys(found).every((result) =>
          isDeepStrictEqual(found[result], expected[result] ?? found[result]),
        );
      };
      // A difference that stays is shown by the test.
      await waitFor(areReached, timeout).catch(() => undefined);
    }
    const found = await results();
    await requester.close();
    await worker.close();
    const workers = await look.exists(key('echoworkers'), key('longworkers'));
    return { results: { ...found, workers }, lines };
  } finally {
    await requester.close();
    await worker.close();
  }
}

/** @returns a function that returns how many jobs were aborted. */
async function serve({ workers }: ReqRep, name: string, timeout: number): Promise<() => number> {
  let aborted = 0;
  const handlers = {
    echo: async (data: unknown) => data,
    lost: async (data: unknown) => data,
    unreadable: async (data: unknown) => data,
    // Of the jobs that are taken together, some end before the others.
    many: async (id: unknown) => delay(Number(id) % 2 === 0 ? 0 : 100, id),
    long: async () => LONG_TEXT,
    stream: async () => rows(),
    cancelled: async (_: unknown, { signal }: { readonly signal: AbortSignal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      aborted++;
      await delay(200); // so that no reply overtakes the end of the request
    },
  };
  const served = Object.entries(handlers).map(([queue, handle]) =>
    workers.serve(`${name}-${queue}`, handle, { concurrency: 8 }),
  );
  await Promise.race([Promise.all(served), delay(timeout)]);
  return () => aborted;
}

/** @returns what the requests of each kind end with. */
async function ask({ client }: ReqRep, name: string): Promise<object> {
  const send = (queue: string, data: unknown, more = {}): Promise<unknown> =>
    endOf(client.send(`${name}-${queue}`, data, more));
  // An expired job is removed behind a job that does not expire, and at the head of an empty queue.
  await firstValueFrom(client.emit(`${name}-unserved`, 0)).catch(() => undefined);
  const [echo, guarded, stream, cancelled, expired, long] = await Promise.all([
    send('echo', 1),
    send('echo', 2, { requireWorker: true, maxQueueLength: 100 }),
    send('stream', 0),
    send('cancelled', 0, { timeout: 300 }),
    Promise.all([send('empty', 0, { timeout: 50 }), send('unserved', 0, { timeout: 50 })]),
    Promise.all(Array.from({ length: 8 }, () => send('long', LONG_TEXT))),
  ]);
  const lengths = long.map((reply) => String(reply).length);
  return { echo, guarded, stream, cancelled, expired, long: lengths };
}

/** Leaves what a worker leaves that was lost with two jobs, of which one has no delivery left. */
async function loseWorker({ look }: TestRedis, queue: string): Promise<void> {
  const [, server] = /^run_id:(.*)\r$/m.exec(await look.info('server')) ?? [];
  const connections = '9999999@127.0.0.1:1';
  await look.rpush(`${queue}active:gone:0`, '["1",1]', '    ["2",2]');
  await look.hset(`${queue}worker:gone`, { slots: 1, connections, server, host: 'gone', pid: 1 });
  await look.zadd(`${queue}workers`, 1, 'gone');
}

async function* rows() {
  for (let row = 0; row < 3; row++) {
    await delay(1);
    yield row;
  }
}

/** @returns the values of a reply, or the code of its error. */
const endOf = (reply: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(reply.pipe(toArray())).catch(({ code }: ReqRepError) => code);
