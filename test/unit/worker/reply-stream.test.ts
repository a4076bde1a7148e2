import { expect, it, onTestFinished } from 'vitest';
import type { Driver } from '../../../lib/driver/driver.js';
import { ReplyStream, type StreamTarget } from '../../../lib/worker/running/reply-stream.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';

/** A stream to a server that answers as it is told to. */
function streamTo(
  answer: () => unknown,
  target: Partial<StreamTarget> = {},
  others: Partial<Driver> = {},
) {
  const runtime = new VirtualRuntime();
  const log = new KeptLog();
  const lost: unknown[] = [];
  const connections: Partial<Driver> = {
    isReady: false,
    runtime,
    runUntilAnswered: async () => answer() as never,
    ...others,
  };
  const stream = new ReplyStream(
    {
      queue: 'reports',
      id: 'job-1',
      attempt: 1,
      place: { key: 'slot', position: 0 },
      list: 'replies:client-1',
      ttl: () => 60_000,
      ...target,
    },
    connections as Driver,
    log,
    (reason, isTaken) => lost.push([reason.message, isTaken]),
  );
  onTestFinished(() => stream.stop());
  return { stream, log, lost, runtime };
}

const refusal = (text: string): Error => Object.assign(new Error(text), { name: 'ReplyError' });

/** Lets a stream look for its reader so many times, at a server that answers to each look as it is told to. */
async function lookForReader(answers: readonly (() => readonly [string, string | null])[]) {
  const looks = [...answers];
  const { lost, runtime } = streamTo(
    () => ({ length: 0, bytes: 0 }),
    {},
    {
      isConnected: true,
      commands: { all: async () => looks.shift()?.() } as never,
    },
  );
  await runtime.advanceAsync(answers.length * 15_000);
  return lost;
}

const unread = () => ['OK', 'the same frame'] as const;

it('whose caller reads nothing for a minute is given up', async () => {
  expect(await lookForReader(Array(5).fill(unread))).toHaveLength(1);
  expect(await lookForReader(Array(4).fill(unread))).toEqual([]);
});

it('is not given up for what its caller cannot remove while Redis refuses writes', async () => {
  const refused = (): never => {
    throw refusal('NOREPLICAS Not enough good replicas to write.');
  };
  expect(await lookForReader([unread, ...Array(8).fill(refused), unread, unread])).toEqual([]);
});

it('that fails itself is given up: its run hears of it, and nobody else', async () => {
  const { stream, lost, runtime } = streamTo(() => ({ length: 0, bytes: 0 }), {
    ttl: () => {
      throw new Error('no clock');
    },
  });
  stream.add('1');
  await runtime.advanceAsync(0);
  await stream.flushed();
  expect(lost).toEqual([[expect.stringContaining('no clock'), false]]);
  expect(stream.isStopped).toBe(true);
});

it('whose values Redis refuses says so once, goes on trying, and is quiet when that is over', async () => {
  let tries = 0;
  const { stream, log, lost, runtime } = streamTo(() => {
    tries++;
    if (tries <= 2) {
      throw refusal('OOM command not allowed');
    }
    return { length: 0, bytes: 0 };
  });
  stream.add('1');
  await runtime.advanceAsync(1_999);
  expect(tries).toBe(2);
  await runtime.advanceAsync(1);
  await stream.flushed();
  expect(stream.pushedCount).toBe(1);
  expect(log.errors).toEqual([
    'Cannot push stream values of job job-1 of queue "reports" to "replies:client-1": OOM command not allowed; retrying',
  ]);
  expect(lost).toEqual([]);
});

it('whose list is none says so, and is given up', async () => {
  const { stream, log, lost, runtime } = streamTo(() => {
    throw refusal('WRONGTYPE Operation against a key');
  });
  stream.add('1');
  await runtime.advanceAsync(0);
  await stream.flushed();
  expect(log.errors).toEqual([expect.stringContaining('ending the stream')]);
  expect(lost).toHaveLength(1);
});
