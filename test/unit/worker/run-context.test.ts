import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../../../lib/protocol/wire/job-element.js';
import { RunContext } from '../../../lib/worker/running/run-context.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';

/** The clock of the server; it runs on with the timers. */
const START = 1_753_000_000_000;

const contextOf = (job: Partial<Job>): RunContext =>
  new RunContext(
    'reports',
    { version: 2, id: 'job-1', data: null, redeliveries: 0, ...job },
    { clock: runtime, runtime },
  );

let runtime: VirtualRuntime;

beforeEach(() => {
  runtime = new VirtualRuntime(START);
});

describe('the context of a job', () => {
  it('has the queue, the id, the headers and the times of its job', () => {
    const context = contextOf({
      headers: { trace: 'abc' },
      pushedAt: START - 100,
      deadline: START + 5_000,
    });
    expect(context).toMatchObject({
      queue: 'reports',
      id: 'job-1',
      headers: { trace: 'abc' },
      pushedAt: START - 100,
      deadline: START + 5_000,
    });
  });

  it('has only id and queue for a job of an original requester', () => {
    const context = contextOf({ version: 1, id: 42 });
    expect(context.id).toBe(42);
    expect(context.headers).toEqual({});
    expect(context.pushedAt).toBeUndefined();
    expect(context.deadline).toBeUndefined();
  });

  it('has headers that a handler cannot change for another one', () => {
    expect(Object.isFrozen(contextOf({}).headers)).toBe(true);
  });

  it.each([
    [0, 1],
    [1, 2],
    [7, 8],
  ])('counts deliveries: after %i redeliveries the attempt is %i', (redeliveries, attempt) => {
    expect(contextOf({ redeliveries }).attempt).toBe(attempt);
  });
});

describe('timeLeft()', () => {
  it('counts down to the deadline and is never negative', () => {
    const context = contextOf({ deadline: START + 5_000 });
    expect(context.timeLeft()).toBe(5_000);
    runtime.advance(4_999);
    expect(context.timeLeft()).toBe(1);
    runtime.advance(1);
    expect(context.timeLeft()).toBe(0);
    runtime.advance(1_000);
    expect(context.timeLeft()).toBe(0);
  });

  it('is Infinity without a deadline', () => {
    expect(contextOf({}).timeLeft()).toBe(Infinity);
  });
});

describe('job.signal', () => {
  it('is the same object each time', () => {
    const context = contextOf({});
    expect(context.signal).toBe(context.signal);
    expect(context.signal.aborted).toBe(false);
  });

  it('aborts when the deadline passes, and not before', () => {
    const { signal } = contextOf({ deadline: START + 5_000 });
    runtime.advance(4_999);
    expect(signal.aborted).toBe(false);
    runtime.advance(1);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBeInstanceOf(DOMException);
    expect(signal.reason).toHaveProperty('name', 'TimeoutError');
  });

  it('aborts when the deadline passes, however late it is first read', () => {
    const context = contextOf({ deadline: START + 5_000 });
    runtime.advance(4_000);
    const { signal } = context;
    runtime.advance(1_000);
    expect(signal.aborted).toBe(true);
  });

  it('aborts soon when the deadline has passed already', () => {
    const { signal, id, queue } = contextOf({ deadline: START - 1 });
    runtime.advance(1);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({
      name: 'TimeoutError',
      message: `The deadline of job ${id} of queue "${queue}" has passed`,
    });
  });

  it('has no timer without a deadline', () => {
    expect(contextOf({}).signal.aborted).toBe(false);
    expect(runtime.pending).toBe(0);
  });

  it('aborts at a deadline that is further away than the longest timer', () => {
    const month = 30 * 24 * 3_600_000;
    const { signal } = contextOf({ deadline: START + month });
    runtime.advance(month - 1);
    expect(signal.aborted).toBe(false);
    runtime.advance(1);
    expect(signal.aborted).toBe(true);
  });

  it('has no timer until it is read', () => {
    const context = contextOf({ deadline: START + 5_000 });
    expect(runtime.pending).toBe(0);
    expect(context.signal.aborted).toBe(false);
    expect(runtime.pending).toBe(1);
  });
});

describe('an abort', () => {
  it('reaches a signal that was read before', () => {
    const context = contextOf({ deadline: START + 5_000 });
    const { signal } = context;
    const reason = new Error('shutting down');
    context.abort(reason);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe(reason);
    expect(runtime.pending).toBe(0);
  });

  it('reaches a signal that is read later', () => {
    const context = contextOf({ deadline: START + 5_000 });
    const reason = new Error('shutting down');
    context.abort(reason);
    expect(context.signal.aborted).toBe(true);
    expect(context.signal.reason).toBe(reason);
    expect(runtime.pending).toBe(0);
  });

  it.each(['asked for before', 'asked for later'])(
    'counts only once, the first one: signal %s',
    (when) => {
      const context = contextOf({});
      const early = when === 'asked for before' ? context.signal : undefined;
      const reason = new Error('first');
      context.abort(reason);
      context.abort(new Error('second'));
      expect((early ?? context.signal).reason).toBe(reason);
    },
  );

  it('notifies its listener once', () => {
    const context = contextOf({ deadline: START + 5_000 });
    const heard: unknown[] = [];
    context.signal.addEventListener('abort', (event) => heard.push(event.type));
    context.abort(new Error('shutting down'));
    runtime.advance(10_000);
    expect(heard).toEqual(['abort']);
  });
});

describe('the end of the run', () => {
  it('keeps the signal from aborting when the deadline passes later', () => {
    const context = contextOf({ deadline: START + 5_000 });
    const { signal } = context;
    context.end();
    expect(runtime.pending).toBe(0);
    runtime.advance(10_000);
    expect(signal.aborted).toBe(false);
  });

  it('keeps a signal from aborting that is read later', () => {
    const context = contextOf({ deadline: START + 5_000 });
    context.end();
    const { signal } = context;
    expect(runtime.pending).toBe(0);
    runtime.advance(10_000);
    expect(signal.aborted).toBe(false);
  });

  it('keeps the signal from aborting when the run is aborted later', () => {
    const context = contextOf({});
    const { signal } = context;
    context.end();
    context.abort(new Error('shutting down'));
    expect(signal.aborted).toBe(false);
  });

  it('does not undo an abort', () => {
    const context = contextOf({});
    const reason = new Error('shutting down');
    context.abort(reason);
    context.end();
    expect(context.signal.reason).toBe(reason);
  });
});

describe('an error that only says that the run was aborted', () => {
  const reason = new Error('gone');
  const wrapped = (depth: number, cause: unknown): Error =>
    depth === 0 ? (cause as Error) : new Error('wrapped', { cause: wrapped(depth - 1, cause) });
  const circular = new Error('circular');
  circular.cause = circular;

  it.each([
    ['its reason', reason, true],
    ['one that it caused', wrapped(1, reason), true],
    ['one that it caused some steps before', wrapped(5, reason), true],
    ['another', new Error('gone'), false],
    ['one without a cause', new Error('other', { cause: undefined }), false],
    ['one that causes itself', circular, false],
    ['one of endless causes', wrapped(5_000, new Error('first')), false],
    ['nothing', undefined, false],
    [
      'one whose cause cannot be read',
      Object.defineProperty(new Error('odd'), 'cause', {
        get: () => {
          throw new Error('no');
        },
      }),
      false,
    ],
  ])('is %s', (_, error, expected) => {
    const context = contextOf({});
    expect(context.isAbort(error)).toBe(false);
    context.abort(reason);
    expect(context.isAbort(error)).toBe(expected);
  });

  it('is not any error when the run was aborted without a reason', () => {
    const context = contextOf({});
    context.abort(undefined);
    expect(context.isAbort(new Error('own'))).toBe(false);
  });
});

describe('a listener of the signal', () => {
  it('is called once with the signal as `this`, and not after it was removed', () => {
    const { signal } = contextOf({});
    const seen: unknown[] = [];
    function listener(this: unknown, { type }: Event): void {
      seen.push(this, type);
    }
    signal.addEventListener('abort', listener);
    signal.addEventListener('abort', listener);
    const removed = vi.fn<() => void>();
    signal.addEventListener('abort', removed);
    signal.removeEventListener('abort', removed);
    const object = { handleEvent: vi.fn<() => void>() };
    signal.addEventListener('abort', object);
    signal.dispatchEvent(new Event('abort'));
    expect(seen).toEqual([signal, 'abort']);
    expect(object.handleEvent).toHaveBeenCalledOnce();
    expect(removed).not.toHaveBeenCalled();
  });

  it('that throws does not affect other listeners or the code that aborts', async () => {
    const strays: unknown[] = [];
    const job: Job = { version: 2, id: 'job-1', data: null, redeliveries: 0 };
    const context = new RunContext('reports', job, { clock: runtime, runtime }, (...stray) =>
      strays.push(stray),
    );
    const thrown = new Error('thrown');
    const rejected = new Error('rejected');
    const last = vi.fn<() => void>();
    context.signal.addEventListener('abort', () => {
      throw thrown;
    });
    context.signal.addEventListener('abort', () => Promise.reject(rejected));
    Object.assign(context.signal, { onabort: () => Promise.reject(context.signal.reason) });
    context.signal.addEventListener('abort', last);
    context.abort(new Error('gone'));
    expect(last).toHaveBeenCalledOnce();
    await vi.waitFor(() => expect(strays).toHaveLength(2));
    const what = 'a listener of job.signal';
    expect(strays).toEqual([
      [what, expect.objectContaining({ id: 'job-1' }), thrown],
      [what, expect.objectContaining({ id: 'job-1' }), rejected],
    ]);
  });
});
