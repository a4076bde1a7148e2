import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { QueueHandler } from '../../lib/core/index.js';
import type {
  Done,
  LettersPage,
  LetterView,
  WaitingJobView,
} from '../../lib/dashboard/dashboard-api.js';
import { ReqRepDashboardModule } from '../../lib/dashboard/index.js';
import { ReqRepModule } from '../../lib/index.js';
import { Keys } from '../../lib/protocol/keys.js';
import { FRAMEWORKS, listen } from '../support/dashboard-app.js';
import { failureOf } from '../support/failure-of.js';
import { ask, post, type HttpAnswer } from '../support/http-answer.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();
const open = () => openReqRep({ connection: server.url, timeout: 60_000 });

/** Buries jobs of a queue: they are emitted, and their handler throws. */
async function bury(queue: string, ...jobs: readonly unknown[]): Promise<void> {
  const { admin, client, workers } = open();
  const failing: QueueHandler = (data) => {
    throw new TypeError(`no such report: ${JSON.stringify(data).slice(0, 20)}`);
  };
  await workers.serve(queue, failing);
  for (const job of jobs) {
    await firstValueFrom(client.emit(queue, job));
  }
  await waitFor(async () => (await admin.queue(queue)).dead === jobs.length);
  await workers.stop();
}

const elementsOf = (queue: string): string => new Keys().queue(queue).requests;

describe.each(FRAMEWORKS)('the API of the dashboard on %s', (_, makeAdapter) => {
  /** @returns what asks the API and what sends commands to it. */
  async function start({ readOnly = false } = {}) {
    const imports = [
      ReqRepModule.forRoot({ connection: server.url }),
      ReqRepDashboardModule.forRoot({ readOnly }),
    ];
    const { url } = await listen(makeAdapter, { imports });
    const api = `${url}/queues/api`;
    return {
      api,
      read: (name: string, query: Readonly<Record<string, string>>): Promise<HttpAnswer> =>
        ask(`${api}/${name}?${new URLSearchParams(query).toString()}`),
      command: (name: string, body: object, headers = {}): Promise<HttpAnswer> =>
        post(`${api}/${name}`, body, headers),
    };
  }

  it('lists waiting jobs, shows one, removes one and all', async () => {
    const { read, command } = await start();
    const queue = `${randomQueue()} ü&=?`;
    const { admin, client } = open();
    const failures = [1, 2, 3].map((data) => failureOf(client.send(queue, { data })));
    await waitFor(async () => (await admin.queue(queue)).waiting === 3);
    const jobs = (await read('jobs', { queue })).json<WaitingJobView[]>();
    expect(jobs.map(({ data }) => data)).toEqual(
      [1, 2, 3].map((data) => ({ text: `{"data":${data}}`, bytes: 10, isCut: false })),
    );
    expect(jobs[0]).toMatchObject({ queue, position: 0, kind: 'request', attempt: 1 });
    expect(jobs[0]).not.toHaveProperty('element');
    const page = (await read('jobs', { queue, skip: '1', limit: '1' })).json<WaitingJobView[]>();
    expect(page).toEqual([jobs[1]]);
    const id = String(jobs[1]?.id);
    expect((await read('job', { queue, id })).json()).toEqual(jobs[1]);
    expect((await command('remove-job', { queue, id })).json()).toEqual({ count: 1 });
    expect((await command('remove-job', { queue, id })).json()).toEqual({ count: 0 });
    expect((await read('job', { queue, id })).status).toBe(404);
    expect((await command('purge', { queue })).json()).toEqual({ count: 2 });
    for (const failure of await Promise.all(failures)) {
      expect(failure).toMatchObject({ code: 'JOB_REMOVED' });
    }
  });

  it('finds a job of the original reqrep, whose id is a number', async () => {
    const { read } = await start();
    const queue = randomQueue();
    await server.look.rpush(elementsOf(queue), '[12,"original"]');
    const [job] = (await read('jobs', { queue })).json<WaitingJobView[]>();
    expect(job?.id).toBe(12);
    expect((await read('job', { queue, id: '12' })).json()).toEqual(job);
    expect((await read('job', { queue, id: '012' })).status).toBe(404);
  });

  it('pauses and resumes a queue', async () => {
    const { command } = await start();
    const queue = randomQueue();
    const { admin, workers } = open();
    await workers.serve(queue, () => 1);
    expect((await command('pause', { queue })).json()).toEqual({
      queue,
      workers: [expect.objectContaining({ queue, pid: process.pid })],
      olderWorkers: [],
    });
    expect((await admin.queue(queue)).isPaused).toBe(true);
    expect((await command('resume', { queue })).json()).toEqual({});
    expect((await admin.queue(queue)).isPaused).toBe(false);
  });

  it('lists dead letters, shows one, retries and removes some or all', async () => {
    const { read, command } = await start();
    const queue = randomQueue();
    await bury(queue, 'a', 'b', 'c', 'd');
    const page = (await read('dead-letters', { queue, limit: '3' })).json<LettersPage>();
    expect(page).toMatchObject({ at: expect.any(Number), count: 4 });
    expect(page.letters.map(({ data }) => data.text)).toEqual(['"d"', '"c"', '"b"']);
    const [newest] = page.letters;
    expect(newest).toMatchObject({
      reason: 'failed',
      message: 'no such report: "d"',
      error: { name: 'TypeError' },
      attempts: 1,
    });
    expect(newest).not.toHaveProperty('text');
    const id = String(newest?.id);
    expect((await read('dead-letter', { queue, id })).json()).toEqual(newest);
    expect((await read('dead-letter', { queue, id: 'other' })).status).toBe(404);
    const ids = [id];
    expect((await command('retry-letters', { queue, ids })).json<Done>()).toEqual({ count: 1 });
    expect((await command('retry-letters', { queue, ids })).json<Done>()).toEqual({ count: 0 });
    const [, next] = page.letters;
    const nextIds = [String(next?.id)];
    expect((await command('remove-letters', { queue, ids: nextIds })).json()).toEqual({ count: 1 });
    expect((await command('remove-letters', { queue, ids: [] })).json()).toEqual({ count: 0 });
    expect((await command('retry-letters', { queue, ids: 'all' })).json()).toEqual({ count: 2 });
    expect((await read('dead-letters', { queue })).json()).toMatchObject({ count: 0, letters: [] });
    expect((await open().admin.queue(queue)).waiting).toBe(3);
  });

  it('changes nothing where it is read-only', async () => {
    const { read, command } = await start({ readOnly: true });
    const queue = randomQueue();
    const { admin, client } = open();
    await firstValueFrom(client.emit(queue, 1));
    const [job] = (await read('jobs', { queue })).json<WaitingJobView[]>();
    for (const [name, body] of [
      ['pause', { queue }],
      ['resume', { queue }],
      ['purge', { queue }],
      ['remove-job', { queue, id: job?.id }],
      ['retry-letters', { queue, ids: 'all' }],
      ['remove-letters', { queue, ids: 'all' }],
    ] as const) {
      const answer = await command(name, body);
      expect(answer).toMatchObject({ status: 403 });
      expect(answer.json()).toEqual({
        message: 'The dashboard is read-only: it changes nothing',
      });
    }
    expect(await admin.queue(queue)).toMatchObject({ waiting: 1, isPaused: false });
  });

  it('carries out no command of another page, and of no browser that does not say where it comes from', async () => {
    const { api, command } = await start();
    const queue = randomQueue();
    const { admin, client } = open();
    await firstValueFrom(client.emit(queue, 1));
    const host = new URL(api).host;
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site', origin: `http://${host}` },
      { origin: 'http://evil.example' },
      { origin: `http://${host}.evil.example` },
      { origin: 'null' },
    ]) {
      const answer = await command('purge', { queue }, headers);
      expect([headers, answer.status]).toEqual([headers, 403]);
      expect(answer.json()).toEqual({ message: expect.stringContaining('another page') });
    }
    const simple = await ask(`${api}/purge`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ queue }),
    });
    expect(simple.status).toBe(415);
    expect((await admin.queue(queue)).waiting).toBe(1);
    const own: readonly Readonly<Record<string, string>>[] = [
      { 'sec-fetch-site': 'same-origin', origin: `https://${host}` },
      { origin: `http://${host}` },
    ];
    for (const headers of own) {
      expect((await command('resume', { queue }, headers)).status).toBe(200);
    }
    expect((await command('purge', { queue })).json()).toEqual({ count: 1 });
  });

  it('tells nothing to another page', async () => {
    const { api } = await start();
    const others: readonly Readonly<Record<string, string>>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'http://evil.example' },
    ];
    for (const headers of others) {
      for (const name of ['settings', 'jobs?queue=a', 'events']) {
        expect([name, (await ask(`${api}/${name}`, { headers })).status]).toEqual([name, 403]);
      }
    }
    const headers = { 'sec-fetch-site': 'none' };
    expect(await ask(`${api}/settings`, { headers })).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'no-store' },
    });
  });

  it.each([
    ['GET', 'purge', 405],
    ['POST', 'jobs', 405],
    ['DELETE', 'dead-letter', 405],
    ['GET', 'jobs', 400],
    ['GET', 'jobs?queue=', 400],
    ['GET', 'jobs?queue=a&limit=0', 400],
    ['GET', 'jobs?queue=a&limit=201', 400],
    ['GET', 'jobs?queue=a&skip=-1', 400],
    ['GET', 'job?queue=a', 400],
    ['GET', 'events?queue=', 400],
    ['GET', 'constructor', 404],
    ['POST', 'constructor', 404],
  ])('answers %s %s with %i in words', async (method, name, status) => {
    const { api } = await start();
    const answer = await ask(`${api}/${name}`, { method });
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual({ message: expect.stringMatching(/^(Expected|The dashboard)/) });
  });

  it.each([
    ['purge', {}],
    ['purge', { queue: '' }],
    ['purge', { queue: 1 }],
    ['purge', { queue: '\ud800' }],
    ['remove-job', { queue: 'a' }],
    ['remove-job', { queue: 'a', id: null }],
    ['retry-letters', { queue: 'a' }],
    ['retry-letters', { queue: 'a', ids: {} }],
    ['remove-letters', { queue: 'a', ids: 'some' }],
    ['remove-letters', { queue: 'a', ids: [1] }],
    ['purge', []],
  ])('refuses the command %s with %j', async (name, body) => {
    const { command } = await start();
    const answer = await command(name, body);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ message: expect.stringMatching(/^Expected/) });
  });

  it('refuses bodies that are no JSON, and those over 1 MB', async () => {
    const { api } = await start();
    const send = (body: string) =>
      ask(`${api}/purge`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
    expect((await send('{"queue')).status).toBe(400);
    expect((await send(JSON.stringify({ queue: 'a'.repeat(1_100_000) }))).status).toBe(413);
  });

  it('shows whatever somebody has pushed', async () => {
    const { read } = await start();
    const queue = randomQueue();
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const long = `${'a'.repeat(1_998)}😀${'b'.repeat(1_500_000)}`;
    const { client } = openReqRep({ connection: server.url, maxPayload: 2_000_000 });
    await firstValueFrom(
      client.emit(queue, long, { headers: { long: 'x'.repeat(5_000), next: 'y' } }),
    );
    await server.look.rpush(elementsOf(queue), `["deep",${deep}]`);
    await server.look.rpush(elementsOf(queue), '["half","\\ud83d"]');
    await server.look.rpush(elementsOf(queue), '<script>alert(1)</script>');
    const answer = await read('jobs', { queue });
    const jobs = answer.json<WaitingJobView[]>();
    expect(answer.text.length).toBeLessThan(20_000);
    expect(jobs.map(({ data }) => data)).toEqual([
      // The quote in front counts, and no character is cut in halves.
      { text: `"${'a'.repeat(1_998)}`, bytes: 1_998 + 4 + 1_500_000 + 2, isCut: true },
      { text: `["deep",${deep}]`.slice(0, 2_000), bytes: 200_009, isCut: true },
      { text: '"\\ud83d"', bytes: 8, isCut: false },
      { text: '<script>alert(1)</script>', bytes: 25, isCut: false },
    ]);
    expect(jobs[0]?.headers).toEqual({ long: `${'x'.repeat(1_996)}…`, '…': 'and 1 more' });
    expect(jobs[3]?.problem).toEqual(expect.any(String));
    const whole = (await read('job', { queue, id: String(jobs[0]?.id) })).json<WaitingJobView>();
    expect(whole.data).toMatchObject({ isCut: true });
    expect(whole.data.text).toHaveLength(1_000_000);
    expect((await read('job', { queue, id: 'deep' })).json()).toMatchObject({
      data: { text: `["deep",${deep}]`, isCut: false },
    });
  });

  it('shows a dead letter whose error is long', async () => {
    const { read } = await start();
    const queue = randomQueue();
    const { admin, client, workers } = open();
    await workers.serve(queue, () => {
      throw Object.assign(new Error('m'.repeat(3_000)), {
        code: 'LONG',
        details: { long: 'd'.repeat(5_000) },
      });
    });
    await firstValueFrom(client.emit(queue, 1));
    await waitFor(async () => (await admin.queue(queue)).dead === 1);
    const [listed] = (await read('dead-letters', { queue })).json<LettersPage>().letters;
    expect(listed?.message).toBe('m'.repeat(2_000));
    expect(listed?.error).toMatchObject({
      name: 'Error',
      message: 'm'.repeat(2_000),
      code: 'LONG',
    });
    expect(listed?.error).not.toHaveProperty('details');
    const id = String(listed?.id);
    const whole = (await read('dead-letter', { queue, id })).json<LetterView>();
    expect(whole.error).toMatchObject({
      message: 'm'.repeat(3_000),
      details: { long: 'd'.repeat(5_000) },
    });
  });
});
