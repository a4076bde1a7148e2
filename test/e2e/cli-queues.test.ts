import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { QueueHandler } from '../../lib/core/index.js';
import { hasTerminal, runCommand, runOnTerminal, startCli } from '../support/cli.js';
import { openReqRep } from '../support/open-reqrep.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** Each test has a prefix of its own, and so a registry of its own. */
let prefixes = 0;

function site() {
  const prefix = `p${prefixes++}:`;
  const { client, workers, admin } = openReqRep({ connection: redis.url, prefix, lease: 300 });
  const args = (command: readonly string[]) => [...command, '--prefix', prefix];
  return {
    prefix,
    client,
    admin,
    args,
    serve: async (queue: string, handler: QueueHandler, options = {}) => {
      await workers.serve(queue, handler, options);
      await waitFor(async () => (await admin.queues()).some((each) => each.queue === queue));
    },
    run: (...command: readonly string[]) => runCommand(args(command), { REDIS_URL: redis.url }),
    onTerminal: (...command: readonly string[]) =>
      runOnTerminal(args(command), { REDIS_URL: redis.url, NO_COLOR: '1' }),
  };
}

const jsonLines = (stdout: string): unknown[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);

/** Runs until it is told to end. */
const untilAborted: QueueHandler = (_, { signal }) => once(signal, 'abort');

const emitted = (client: ReturnType<typeof site>['client'], queue: string, data: unknown) =>
  new Promise((resolve, reject) =>
    client.emit(queue, data).subscribe({ next: resolve, error: reject }),
  );

describe('queues', () => {
  it('are listed with what waits, runs and was done, one a line', async () => {
    const { client, admin, serve, run } = site();
    await serve('sums', (values) => values);
    await serve('hang', untilAborted, { concurrency: 1 });
    await client.request('sums', 1);
    await emitted(client, 'hang', 1);
    await waitFor(async () => {
      const [hang, sums] = await admin.queues();
      return hang?.running === 1 && sums?.counts.done === 1;
    });
    const { stdout, stderr, code } = await run('queues');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(jsonLines(stdout)).toMatchObject([
      { queue: 'hang', waiting: 0, running: 1, workers: 1, dead: 0, isPaused: false },
      { queue: 'sums', running: 0, workers: 1, counts: { done: 1, failed: 0 } },
    ]);
  });

  it('are listed again and again with --watch, until SIGINT', async () => {
    const { client, serve, args } = site();
    await serve('sums', (value) => value);
    const watching = startCli(args(['queues', '--watch', '--interval', '100']), {
      REDIS_URL: redis.url,
    });
    const seen = () => jsonLines(watching.stdout.slice(0, watching.stdout.lastIndexOf('\n')));
    await waitFor(() => seen().length > 0);
    await client.request('sums', 1);
    await waitFor(() =>
      seen().some((row) => Number((row as { perSecond?: number }).perSecond ?? 0) > 0),
    );
    watching.child.kill('SIGINT');
    expect(await watching.end()).toMatchObject({ stderr: '', code: 130 });
  });
});

it('workers are listed, of all queues or of one', async () => {
  const { serve, run } = site();
  await serve('sums', (value) => value);
  await serve('rows', (value) => value, { concurrency: 3 });
  const of = async (...command: readonly string[]) => jsonLines((await run(...command)).stdout);
  expect(await of('workers')).toMatchObject([{ queue: 'rows' }, { queue: 'sums' }]);
  expect(await of('workers', 'rows')).toMatchObject([
    { queue: 'rows', pid: process.pid, concurrency: 3, running: 0, isPaused: false },
  ]);
});

it('queue shows its workers, and the jobs that they run', async () => {
  const { client, serve, run } = site();
  await serve('hang', untilAborted);
  await emitted(client, 'hang', 1);
  await waitFor(async () => {
    const [shown] = jsonLines((await run('queue', 'hang')).stdout) as { runningJobs: unknown[] }[];
    return shown?.runningJobs.length === 1;
  });
  expect(jsonLines((await run('queue', 'hang')).stdout)).toMatchObject([
    {
      queue: 'hang',
      workers: 1,
      aliveWorkers: [{ pid: process.pid }],
      runningJobs: [{ id: expect.any(String), attempt: 1 }],
      silentWorkers: [],
    },
  ]);
});

it('peek shows the jobs that wait, and leaves them', async () => {
  const { client, admin, run } = site();
  for (const row of [1, 2, 3]) {
    await emitted(client, 'rows', { row });
  }
  const { stdout } = await run('peek', 'rows', '--skip', '1', '--limit', '1');
  expect(jsonLines(stdout)).toMatchObject([{ position: 1, kind: 'emit', data: { row: 2 } }]);
  expect((await admin.queue('rows')).waiting).toBe(3);
});

it('pause and resume a queue everywhere', async () => {
  const { client, admin, serve, run } = site();
  await serve('sums', (value) => value);
  const paused = await run('pause', 'sums');
  expect(paused.code).toBe(0);
  expect(jsonLines(paused.stdout)).toMatchObject([
    { queue: 'sums', workers: [{ pid: process.pid }], olderWorkers: [] },
  ]);
  expect((await admin.queue('sums')).isPaused).toBe(true);
  const waiting = client.request('sums', 7);
  expect(await run('resume', 'sums')).toEqual({
    stdout: '{"queue":"sums","isPaused":false}\n',
    stderr: '',
    code: 0,
  });
  expect(await waiting).toBe(7);
});

it('pause names workers of an earlier version, with exit code 1', async () => {
  const { prefix, serve, run, onTerminal } = site();
  await serve('sums', (value) => value);
  // As such a worker writes itself: it tells no version.
  const far = Date.now() + 600_000;
  await redis.look.zadd(`${prefix}sumsworkers`, far, 'old-one');
  await redis.look.hset(`${prefix}sumsworker:old-one`, { host: 'attic', pid: '17', slots: '1' });
  expect((await run('pause', 'sums')).code).toBe(1);
  if (hasTerminal) {
    expect((await onTerminal('pause', 'sums')).output).toBe(
      'Queue "sums" is paused: 1 worker takes no more jobs.\n' +
        'A worker of an earlier version goes on: process 17 on attic.\n',
    );
  }
});

describe('dead letters', () => {
  /** Makes some, by jobs that are no longer delivered. */
  async function withLetters(count: number) {
    const here = site();
    let isBroken = true;
    await here.serve('mails', (data) => {
      if (isBroken) {
        throw new TypeError(`no mail ${String(data)}`);
      }
      return data;
    });
    for (let mail = 0; mail < count; mail++) {
      await emitted(here.client, 'mails', mail);
      const letters = here.admin.deadLetters('mails');
      await waitFor(async () => (await letters.count()) === mail + 1);
    }
    return { ...here, mend: () => (isBroken = false), letters: here.admin.deadLetters('mails') };
  }

  it('are listed, the newest first, and shown', async () => {
    const { run, onTerminal } = await withLetters(3);
    const { stdout } = await run('dead', 'list', 'mails', '--limit', '2');
    const listed = jsonLines(stdout) as { id: string }[];
    expect(listed).toMatchObject([
      { reason: 'failed', message: 'no mail 2', data: 2, attempts: 1 },
      { message: 'no mail 1' },
    ]);
    const id = String(listed[1]?.id);
    expect(jsonLines((await run('dead', 'show', 'mails', id)).stdout)).toEqual([listed[1]]);
    if (hasTerminal) {
      const { output } = await onTerminal('dead', 'list', 'mails', '--skip', '2');
      expect(output).toMatch(
        /^ID +SINCE +REASON +ATTEMPTS +MESSAGE\n\S+ +\d+ m?s +failed +1 +no mail 0\n$/,
      );
    }
  });

  it('go back to their queue', async () => {
    const { run, letters, mend, admin } = await withLetters(3);
    const [newest] = await letters.list();
    mend();
    const one = await run('dead', 'retry', 'mails', String(newest?.id));
    expect(one).toEqual({ stdout: '{"queue":"mails","retried":1}\n', stderr: '', code: 0 });
    expect(await letters.count()).toBe(2);
    expect((await run('dead', 'retry', 'mails', '--reason', 'failed')).stdout).toBe(
      '{"queue":"mails","retried":2}\n',
    );
    await waitFor(async () => (await admin.queue('mails')).counts.done === 3);
    expect(await letters.count()).toBe(0);
  });

  it('are removed', async () => {
    const { run, letters } = await withLetters(2);
    const unreadable = await run('dead', 'remove', 'mails', '--reason', 'unreadable');
    expect(unreadable).toMatchObject({ stdout: '{"queue":"mails","removed":0}\n', code: 0 });
    expect((await run('dead', 'remove', 'mails', '--all')).stdout).toBe(
      '{"queue":"mails","removed":2}\n',
    );
    expect(await letters.count()).toBe(0);
  });

  it('that are not there have exit code 1', async () => {
    const { run } = site();
    expect(await run('dead', 'show', 'mails', '1-0')).toEqual({
      stdout: '',
      stderr: 'nestjs-reqrep: Queue "mails" has no dead letter 1-0: "dead list" shows their ids\n',
      code: 1,
    });
    expect(await run('dead', 'retry', 'mails', '1-0')).toMatchObject({ code: 1 });
  });

  it.each([
    [['dead'], 'Expected a command behind "dead": list, show, retry, remove'],
    [['dead', 'lisst', 'mails'], 'Expected a command behind "dead": list, show, retry, remove'],
    [
      ['dead', 'remove', 'mails'],
      'Expected the ids of dead letters, or --reason and --worker, or --all',
    ],
    [['dead', 'remove', 'mails', '1-0', '--all'], 'one of these'],
    [['dead', 'remove', 'mails', '--all', '--reason', 'failed'], 'one of these'],
    [['dead', 'remove', 'mails', '--reason', 'fail'], 'Expected --reason to be "unreadable" or'],
  ])('are not touched by %j', async (command, sentence) => {
    const { stdout, stderr, code } = await site().run(...command);
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toContain(sentence);
  });
});

describe.skipIf(!hasTerminal)('on a terminal of 80 columns', () => {
  it('tables fit, whatever is in them', async () => {
    const { client, serve, onTerminal } = site();
    const queue = `a queue with a name\u001b[2J ${'that is long '.repeat(9)}`;
    await serve(queue, untilAborted, { concurrency: 1 });
    for (let job = 0; job < 3; job++) {
      await emitted(client, queue, { text: 'long '.repeat(100), command: '\u001b[2J\u009b2J' });
    }
    for (const command of [['queues'], ['workers'], ['queue', queue], ['peek', queue]]) {
      const { output, code } = await onTerminal(...command);
      expect(code).toBe(0);
      expect(output).not.toContain('\u001b');
      expect(output).not.toContain('\u009b');
      expect(output.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(output).toContain('…');
    }
  });

  it('say so where there is nothing', async () => {
    const { onTerminal } = site();
    expect((await onTerminal('queues')).output).toBe('No queue was served within 90 days.\n');
    expect((await onTerminal('workers')).output).toBe('No worker is alive.\n');
    expect((await onTerminal('peek', 'rows')).output).toBe('No job waits.\n');
  });

  it('queues have columns', async () => {
    const { client, serve, onTerminal, args } = site();
    await serve('sums', (value) => value);
    await client.request('sums', 1);
    await runCommand(args(['pause', 'sums']), { REDIS_URL: redis.url });
    await waitFor(async () => / 1 {7}0 {5}0 {2}paused\n/.test((await onTerminal('queues')).output));
    expect((await onTerminal('queues')).output).toBe(
      'QUEUE  WAITING  OLDEST  RUNNING  WORKERS  DONE  FAILED  DEAD\n' +
        'sums         0                0        1     1       0     0  paused\n',
    );
  });
});
