import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { QueueHandler } from '../../lib/core/index.js';
import { LIBRARY_VERSION } from '../../lib/protocol/library-version.js';
import {
  hasTerminal,
  runCommand,
  runInShell,
  runOnTerminal,
  startCli,
  startOnTerminal,
} from '../support/cli.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

/** Serves a queue in this process. @returns its name. */
async function serve(handler: QueueHandler): Promise<string> {
  const queue = randomQueue();
  await openReqRep({ connection: redis.url }).workers.serve(queue, handler);
  return queue;
}

const run = (...args: readonly string[]) => runCommand(args, { REDIS_URL: redis.url });

async function* rows(count: unknown) {
  for (let row = 0; row < Number(count); row++) {
    yield { row };
  }
}

describe('send', () => {
  it('prints the reply in one line of JSON', async () => {
    const queue = await serve((data, job) => ({ data, tenant: job.headers['tenant'] }));
    expect(await run('send', queue, '{"a":[1]}', '--header', 'tenant=a=b')).toEqual({
      stdout: '{"data":{"a":[1]},"tenant":"a=b"}\n',
      stderr: '',
      code: 0,
    });
  });

  it('prints null for a reply of nothing', async () => {
    const queue = await serve(() => undefined);
    expect(await run('send', queue, '1')).toMatchObject({ stdout: 'null\n', code: 0 });
  });

  it('prints each value of a stream as it arrives', async () => {
    let goOn = (): void => undefined;
    const queue = await serve(async function* () {
      yield 'first';
      await new Promise<void>((resolve) => (goOn = resolve));
      yield 'second';
    });
    const running = startCli(['send', queue, '1'], { REDIS_URL: redis.url });
    await waitFor(() => running.stdout === '"first"\n');
    goOn();
    expect(await running.end()).toEqual({ stdout: '"first"\n"second"\n', stderr: '', code: 0 });
  });

  it('reads the data from stdin', async () => {
    const queue = await serve((data) => data);
    const result = await runCommand(['send', queue, '-'], { REDIS_URL: redis.url }, '{"b":2}\n');
    expect(result).toMatchObject({ stdout: '{"b":2}\n', code: 0 });
  });

  it('says what the handler threw, with exit code 1', async () => {
    const queue = await serve(() => {
      throw new TypeError('no such report\u001b[2J');
    });
    expect(await run('send', queue, '1')).toEqual({
      stdout: '',
      stderr: `nestjs-reqrep: The handler of queue "${queue}" failed: TypeError: no such report\\u001b[2J\n`,
      code: 1,
    });
  });

  it('has exit code 4 for a timeout, and 5 without a worker', async () => {
    const queue = randomQueue();
    expect(await run('send', queue, '1', '--timeout', '100')).toEqual({
      stdout: '',
      stderr: expect.stringContaining(`Request to queue "${queue}" timed out after 100 ms`),
      code: 4,
    });
    expect(await run('send', queue, '1', '--require-worker')).toMatchObject({
      stderr: expect.stringContaining('Without --require-worker, the request waits for one.'),
      code: 5,
    });
  });

  it('has exit code 6 where the worker was lost', async () => {
    const queue = randomQueue();
    const lost = openReqRep({ connection: redis.url, shutdownTimeout: 0 });
    await lost.workers.serve(queue, () => new Promise(() => undefined), { maxDeliveries: 1 });
    const running = startCli(['send', queue, '1'], { REDIS_URL: redis.url });
    await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length > 0);
    await lost.close();
    expect(await running.end()).toMatchObject({ code: 6 });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('cancels the job on %s, in the process of the worker', async (signal, code) => {
    let aborted = false;
    const queue = await serve(async (_, { signal: jobSignal }) => {
      await once(jobSignal, 'abort');
      aborted = true;
    });
    const running = startCli(['send', queue, '1', '--timeout', '0'], { REDIS_URL: redis.url });
    await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length > 0);
    running.child.kill(signal);
    expect(await running.end()).toEqual({ stdout: '', stderr: '', code });
    await waitFor(() => aborted);
  });

  it('ends on SIGINT while it reads stdin', async () => {
    const running = startCli(['send', 'queue', '-'], { REDIS_URL: redis.url });
    // More than a pipe holds: it is all written only once the command reads.
    await new Promise((resolve) => running.child.stdin.write(' '.repeat(1_000_000), resolve));
    running.child.kill('SIGINT');
    expect(await running.end()).toEqual({ stdout: '', stderr: '', code: 130 });
  });

  it('ends quietly, and cancels the job, when nobody reads its output any more', async () => {
    let aborted = false;
    const queue = await serve(async function* (_, { signal }) {
      signal.addEventListener('abort', () => (aborted = true));
      for (let row = 0; ; row++) {
        yield row;
      }
    });
    const running = startCli(['send', queue, '1'], { REDIS_URL: redis.url });
    await once(running.child.stdout, 'data');
    running.child.stdout.destroy();
    expect(await running.end()).toMatchObject({ stderr: '', code: 0 });
    await waitFor(() => aborted);
  });

  it('reads a stream no faster than its own output is read', async () => {
    const most = 20_000;
    let pulled = 0;
    const queue = await serve(async function* () {
      while (pulled < most) {
        yield { row: pulled++, text: 'x'.repeat(1_000) };
      }
    });
    const running = startCli(['send', queue, '1'], { REDIS_URL: redis.url });
    running.child.stdout.pause();
    await waitFor(async () => {
      const before = pulled;
      await delay(300);
      return pulled > 0 && pulled === before;
    });
    expect(pulled).toBeLessThan(most);
    running.child.stdout.resume();
    const { stdout, code } = await running.end();
    expect(code).toBe(0);
    const rowsRead = stdout.trimEnd().split('\n');
    expect(rowsRead.map((line) => (JSON.parse(line) as { row: number }).row)).toEqual([
      ...Array(most).keys(),
    ]);
  });

  it('writes a text that could command a terminal as JSON escapes, which mean the same', async () => {
    const text = 'a\u001b[2J\u007f\u009b2J\u2028\u202e\u2066';
    const queue = await serve(() => ({ [text]: text }));
    const { stdout } = await run('send', queue, '1');
    const escapes = 'a\\u001b[2J\\u007f\\u009b2J\\u2028\\u202e\\u2066';
    expect(stdout).toBe(`{"${escapes}":"${escapes}"}\n`);
    expect(JSON.parse(stdout)).toEqual({ [text]: text });
  });
});

describe.skipIf(!existsSync('/dev/full'))('with a full disk', () => {
  /** Runs a command whose output is a device without space. */
  const runIntoFull = (args: readonly string[]) =>
    runInShell(args, '> /dev/full', { REDIS_URL: redis.url });

  it.each([[['help']], [['queues', '--help']], [['emit', 'queue', '1']]])(
    '%j says so in one sentence, with exit code 1',
    async (args) => {
      expect(await runIntoFull(args)).toEqual({
        stdout: '',
        stderr:
          'nestjs-reqrep: The output could not be written: ENOSPC: no space left on device, write\n',
        code: 1,
      });
    },
  );

  it('send cancels its job', async () => {
    let aborted = false;
    const queue = await serve(async function* (_, { signal }) {
      signal.addEventListener('abort', () => (aborted = true));
      yield 1;
      await once(signal, 'abort');
    });
    expect(await runIntoFull(['send', queue, '1', '--timeout', '0'])).toMatchObject({ code: 1 });
    await waitFor(() => aborted);
  });
});

it('has the exit code of a failure that nobody reads', async () => {
  const running = startCli(['send', randomQueue(), '1', '--require-worker'], {
    REDIS_URL: redis.url,
  });
  running.child.stderr.destroy();
  expect(await running.end()).toMatchObject({ stdout: '', code: 5 });
});

describe('emit', () => {
  it('prints the receipt', async () => {
    const queue = randomQueue();
    const { stdout, code } = await run('emit', queue, '{"a":1}', '--header', 'x=1');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ id: expect.any(String), queue, queueLength: 1 });
    const [job = ''] = await redis.look.lrange(`${queue}requests`, 0, -1);
    expect(JSON.parse(job)).toMatchObject([expect.any(String), { a: 1 }, { h: { x: '1' } }]);
  });

  it('has exit code 5 without a worker, where one is required', async () => {
    expect(await run('emit', randomQueue(), '1', '--require-worker')).toMatchObject({ code: 5 });
  });
});

describe('without Redis', () => {
  it('says so in one sentence without the password, with exit code 3', async () => {
    const url = 'redis://user:SECRET@127.0.0.1:1';
    const commands = [['send', 'queue', '1'], ['emit', 'queue', '1'], ['doctor']];
    const results = await Promise.all(commands.map((args) => runCommand(args, { REDIS_URL: url })));
    for (const { stdout, stderr, code } of results) {
      expect({ stdout, code }).toEqual({ stdout: '', code: 3 });
      expect(stderr).toMatch(/^nestjs-reqrep: Redis could not be used [^\n]*ECONNREFUSED[^\n]*\n$/);
      expect(stderr).not.toContain('SECRET');
    }
  });

  it('shows no password that the server refuses', async () => {
    const url = redis.url.replace('//', '//user:SECRET@');
    const { stderr, code } = await runCommand(['doctor', '--url', url]);
    expect(code).toBe(3);
    expect(stderr).toContain('refuses the password of the user "user"');
    expect(stderr).not.toContain('SECRET');
  });
});

describe('the command line', () => {
  it.each([
    [['sned', 'a', '1'], 'There is no command "sned": did you mean "send"?'],
    [['dance'], 'There is no command "dance": nestjs-reqrep help lists all of them'],
    [
      ['redis://a:SECRET@b'],
      'There is no command with this name: nestjs-reqrep help lists all of them',
    ],
    [['send', 'a', '1', '--tmeout', '5'], '"send" has no option --tmeout: did you mean --timeout?'],
    [['send', 'a', '1', '--timeout'], '--timeout needs a value: --timeout=MS'],
    [
      ['send', 'a', '1', '--timeout', '5s'],
      'Expected --timeout to be an integer from 0 to 2147483647, got "5s"',
    ],
    [['send', 'a', '-5'], 'write -- in front of arguments that begin with a -'],
    [['send', 'a'], '"send" expects QUEUE JSON, got 1'],
    [['send', 'a', '{id:', '1}'], 'quote the JSON'],
    [['send', 'a', '{id:1}'], 'Expected the argument JSON to be JSON'],
    [['doctor', '--shards', '20000'], 'Expected --shards to be an integer from 1 to 1024'],
    [
      ['queues', '--watch', '--interval', '3000000000'],
      'Expected --interval to be an integer from 100 to 2147483647',
    ],
    [['send', 'a', '1', '--header', 'x'], 'Expected --header to be NAME=VALUE'],
    [['send', 'a', '1', '--json=yes'], '--json takes no value'],
    [['send', '', '1'], 'Expected queue'],
    [['send', 'a', '1', '--url', 'redis://x:SEC/RET@h'], 'Expected port of the connection'],
    [['send', 'a', '1', '--url', 'redis+sentinel://a/x'], 'Expected --url (or REDIS_URL) to be'],
    [['send', 'a', '1', '--url', 'x:SECRET@h:1'], 'Expected --url (or REDIS_URL) to be'],
    [['send', 'a', '1', '--url', 'memory://'], 'where no other process can look'],
    [
      ['peek', 'a', '--limit', '1001'],
      'Expected --limit to be an integer from 1 to 1000, got "1001"',
    ],
    [['queues', 'a'], '"queues" expects no arguments, got 1'],
    [['doctor', '--role', 'cook'], 'Expected --role to be requester or worker, got "cook"'],
  ])('refuses %j in one sentence, with exit code 2', async (args, sentence) => {
    const { stdout, stderr, code } = await runCommand(args, { REDIS_URL: redis.url });
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toMatch(/^nestjs-reqrep: [^\n]+\n$/);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/SECRET|SEC\/RET/);
  });

  it('takes options in front of the command, and a negative number behind --', async () => {
    const queue = await serve((data) => data);
    expect(await run('--timeout', '5000', 'send', queue, '--', '-5')).toMatchObject({
      stdout: '-5\n',
      code: 0,
    });
  });

  it('tells its version', async () => {
    expect(await runCommand(['--version'])).toMatchObject({
      stdout: `${LIBRARY_VERSION}\n`,
      code: 0,
    });
  });

  it.each([[[]], [['help']], [['--help']], [['send', '--help']], [['help', 'send']], [['-h']]])(
    'explains itself: %j',
    async (args) => {
      const { stdout, code } = await runCommand(args);
      expect(code).toBe(0);
      expect(stdout).toMatch(
        args.includes('send') ? /^Usage: nestjs-reqrep send/ : /^nestjs-reqrep:/,
      );
    },
  );
});

describe.skipIf(!hasTerminal)('on a terminal', () => {
  it('indents values', async () => {
    const queue = await serve(rows);
    expect(await runOnTerminal(['send', queue, '2'], { REDIS_URL: redis.url })).toEqual({
      output: '{\n  "row": 0\n}\n{\n  "row": 1\n}\n',
      code: 0,
    });
  });

  it('writes JSON lines with --json', async () => {
    const queue = await serve(rows);
    expect(await runOnTerminal(['send', queue, '2', '--json'], { REDIS_URL: redis.url })).toEqual({
      output: '{"row":0}\n{"row":1}\n',
      code: 0,
    });
  });

  it.each([[[]], [['--json']]])('lets no value command the terminal, with %j', async (options) => {
    const queue = await serve(() => 'a\u001b[2J\u009b2J\u202e');
    const line = ['send', queue, '1', ...options];
    const { output } = await runOnTerminal(line, { REDIS_URL: redis.url });
    expect(output).toBe('"a\\u001b[2J\\u009b2J\\u202e"\n');
  });

  it('ctrl-C cancels the job', async () => {
    let aborted = false;
    const queue = await serve(async (_, { signal }) => {
      await once(signal, 'abort');
      aborted = true;
    });
    const running = startOnTerminal(['send', queue, '1', '--timeout', '0'], {
      REDIS_URL: redis.url,
    });
    await waitFor(async () => (await redis.look.keys(`${queue}active:*`)).length > 0);
    running.child.stdin.write('\u0003');
    expect(await running.end()).toMatchObject({ stdout: '^C', code: 130 });
    await waitFor(() => aborted);
  });

  it('says of an emitted job how many wait', async () => {
    const queue = randomQueue();
    const { output } = await runOnTerminal(['emit', queue, '1'], { REDIS_URL: redis.url });
    expect(output).toMatch(/^Redis has job \S+: 1 job waits in queue "[^"]+"\.\n$/);
  });
});
