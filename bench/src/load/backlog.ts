import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Requester } from '../systems/system.js';
import { checkedAsk } from './checked-ask.js';
import type { LoadResult } from './load-result.js';

export interface Backlog {
  readonly kind: 'backlog';
  /** Jobs that wait when the workers come. */
  readonly jobs: number;
}

const TEXT = 'x'.repeat(100);
const JOBS_PER_TURN = 500;

/** Looked at for that long, ms, a process that has sent everything has used less than so much of it. */
const LOOK = 200;
const MOST_BUSY = 0.1;

/** Sends requests that nobody answers yet. Resolves, when all have left, with the promise of what is to come. */
export async function fillBacklog(
  requester: Requester,
  queues: readonly string[],
  { jobs }: Backlog,
): Promise<{ readonly drained: Promise<LoadResult> }> {
  let replies = 0;
  let first = 0;
  const { promise: drained, resolve, reject } = withResolvers<LoadResult>();
  const onReply = (): void => {
    first ||= performance.now();
    if (++replies === jobs) {
      resolve({ count: jobs, elapsed: performance.now() - first });
    }
  };
  await sendAll(jobs, (value) => {
    const queue = queues[value % queues.length] ?? '';
    checkedAsk(requester, queue, { value, text: TEXT }, onReply, reject);
  });
  return { drained };
}

/** Sends requests that nobody will answer. Resolves when all have left. */
export function leavePending(requester: Requester, queue: string, count: number): Promise<void> {
  const onEnd = (): void => undefined;
  return sendAll(count, (value) => requester.ask(queue, { value, text: TEXT }, onEnd));
}

/** Sends so many, some in each turn. Resolves when all have left. */
async function sendAll(count: number, send: (value: number) => void): Promise<void> {
  for (let value = 0; value < count; value++) {
    send(value);
    if (value % JOBS_PER_TURN === 0) {
      await nextTurn();
    }
  }
  await atRest();
}

/** Resolves when this process has no more to do: each system pushes in its own way, and not all say when it is done. */
export async function atRest(): Promise<void> {
  for (;;) {
    const before = process.cpuUsage();
    await delay(LOOK);
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1_000 < LOOK * MOST_BUSY) {
      return;
    }
  }
}

function withResolvers<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
