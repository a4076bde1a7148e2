import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HttpException } from '@nestjs/common';
import { concat, defer, map, NEVER, Observable, of, range, Subject, throwError } from 'rxjs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  PayloadTooLargeError,
  RequestTimeoutError,
  SerializationError,
} from '../../../lib/errors/index.js';
import { describeHttpException } from '../../../lib/core/describe-http-exception.js';
import { toCallerError, type WireError } from '../../../lib/protocol/wire/wire-error.js';
import type { Runtime } from '../../../lib/driver/runtime.js';
import { systemRuntime } from '../../../lib/driver/system-runtime.js';
import type { Job } from '../../../lib/protocol/wire/job-element.js';
import { decodeFrame, type StreamPosition } from '../../../lib/protocol/wire/reply-frame.js';
import type { RunContext } from '../../../lib/worker/running/run-context.js';
import type { JobRun } from '../../../lib/worker/running/job-run.js';
import { JobRunner } from '../../../lib/worker/running/job-runner.js';
import type { ReplyStream } from '../../../lib/worker/running/reply-stream.js';
import { Slot, type JobPlace } from '../../../lib/worker/taking/slots.js';
import { InterceptedReply, streamOf } from '../../../lib/worker/running/stream-source.js';
import type { JobHandler, WorkerOptions } from '../../../lib/worker/worker-options.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';
import { unheard } from '../support/silent-hooks.js';
import { NO_BOUNDS } from '../../support/dead-letters.js';

const OPTIONS: WorkerOptions = {
  lease: 5_000,
  stallLimit: 60_000,
  shutdownTimeout: 10_000,
  maxPayload: 1_048_576,
  exposeStack: false,
  ...NO_BOUNDS,
  describeError: describeHttpException,
};

const JOB: Job = { version: 2, id: 'job-1', data: null, redeliveries: 0, replyTo: 'client-1' };
const ORIGINAL_JOB: Job = { version: 1, id: 'job-1', data: null, redeliveries: 0 };
/** A job that nobody waits for. */
const EMITTED_JOB: Job = { ...JOB, replyTo: undefined };

type Handle = (data: unknown, context: RunContext) => unknown;

/** Takes the place of the stream to Redis: keeps what it is to send. */
class KeptStream {
  readonly values: (string | undefined)[] = [];
  isStopped = false;
  /** How many values there is room for. */
  capacity = Infinity;
  private onRoom: (() => void) | undefined;

  /** How many of the values have left; all where it is not said. */
  pushed: number | undefined;

  get pushedCount(): number {
    return this.pushed ?? this.values.length;
  }

  get isComplete(): boolean {
    return this.pushedCount === this.values.length;
  }

  get position(): StreamPosition {
    return { attempt: 1, index: this.values.length, run: 'run-1' };
  }

  get pushedPosition(): StreamPosition {
    return { attempt: 1, index: this.pushedCount, run: 'run-1' };
  }

  add(json: string | undefined): void {
    this.values.push(json);
  }

  room(): Promise<void> | undefined {
    return this.values.length < this.capacity || this.isStopped
      ? undefined
      : new Promise((resolve) => {
          this.onRoom = resolve;
        });
  }

  /** Whether values are still on their way, until it is stopped. */
  isBusy = false;
  private onStop: (() => void) | undefined;

  async flushed(): Promise<void> {
    if (this.isBusy) {
      await new Promise<void>((resolve) => {
        this.onStop = resolve;
      });
    }
  }

  stop(): void {
    this.isStopped = true;
    this.onRoom?.();
    this.onStop?.();
  }
}

/** A runner of a handler that does as it is told, and what it logs. */
function runnerOf(
  handle: Handle,
  options: Partial<WorkerOptions & Pick<JobHandler, 'timeout' | 'deadLetterFailures'>> = {},
  runtime: Runtime = systemRuntime,
) {
  const log = new KeptLog();
  const handler: JobHandler = {
    queue: 'reports',
    name: 'Worker#run',
    concurrency: 1,
    timeout: options.timeout ?? 0,
    maxDeliveries: 3,
    deadLetterFailures: options.deadLetterFailures ?? 'none',
    handle,
  };
  const events = new EventEmitter();
  const stream = new KeptStream();
  const openStream = vi.fn(() => stream as unknown as ReplyStream);
  const onEnded = vi.fn(() => events.emit('ended'));
  const runner = new JobRunner({
    handler,
    options: { ...OPTIONS, ...options },
    log,
    ...unheard(log),
    time: { clock: { now: Date.now }, runtime },
    output: { openStream, answered: (_, text) => void events.emit('answer', text), ended: onEnded },
  });
  return {
    log,
    stream,
    openStream,
    onEnded,
    cancel: (run: JobRun, reason: unknown) => runner.cancel(run, reason),
    interrupt: (run: JobRun, reason: unknown) => runner.interrupt(run, reason),
    runner: {
      run(job: Job) {
        const reply = once(events, 'answer').then(([text]) => text as string | undefined);
        const ended = once(events, 'ended');
        const begun = runner.run(job, new Slot(0, 'slot').fill(1)[0] as JobPlace);
        return { begun, context: begun.context, reply, ended };
      },
    },
  };
}

const throwing =
  (thrown: unknown): Handle =>
  () => {
    throw thrown;
  };

/** The error that a reply carries. */
function errorIn(reply: string | undefined): WireError {
  const frame = decodeFrame(reply ?? '');
  if (frame?.kind !== 'e') {
    throw new Error(`No error frame: ${reply}`);
  }
  return frame.error;
}

/** The error that a caller gets by a reply. */
const callerErrorIn = (reply: string | undefined): Error =>
  toCallerError(errorIn(reply), { queue: 'reports', id: 'job-1' });

describe('a handler', () => {
  it('receives the data and the context of its job', async () => {
    const seen: unknown[] = [];
    const { runner } = runnerOf((data, context) => {
      seen.push(data, context);
    });
    const run = runner.run({ ...JOB, data: { a: 1 }, redeliveries: 2 });
    await run.ended;
    expect(seen).toEqual([{ a: 1 }, run.context]);
    expect(run.context).toMatchObject({ queue: 'reports', id: 'job-1', attempt: 3 });
  });

  it('is called in the same turn', () => {
    const handle = vi.fn<Handle>();
    runnerOf(handle).runner.run(JOB);
    expect(handle).toHaveBeenCalledOnce();
  });
});

describe('the reply', () => {
  it.each([
    ['a value', { a: [1, null] }, '["job-1","r",{"a":[1,null]}]'],
    ['null', null, '["job-1","r",null]'],
    ['a falsy value', 0, '["job-1","r",0]'],
    ['nothing', undefined, '["job-1","r"]'],
    ['a promise', Promise.resolve('later'), '["job-1","r","later"]'],
    ['a promise of nothing', Promise.resolve(), '["job-1","r"]'],
  ])('is a frame with the returned value: %s', async (_, value, expected) => {
    const { runner, log } = runnerOf(() => value);
    expect(await runner.run(JOB).reply).toBe(expected);
    expect(log.errors).toEqual([]);
  });

  it('has a numeric id for a job with a numeric id', async () => {
    expect(await runnerOf(() => 1).runner.run({ ...JOB, id: 42 }).reply).toBe('[42,"r",1]');
  });

  it.each([
    ['a value', { a: 1 }, '{"a":1}'],
    ['null', null, 'null'],
    ['nothing', undefined, 'null'],
  ])('to an original requester is the value without a frame: %s', async (_, value, expected) => {
    expect(await runnerOf(() => value).runner.run(ORIGINAL_JOB).reply).toBe(expected);
  });

  it.each([
    ['a value', 'value'],
    ['what JSON cannot write', 1n],
  ])('is not sent where nobody waits: %s', async (_, value) => {
    const { runner, log } = runnerOf(() => value);
    expect(await runner.run(EMITTED_JOB).reply).toBeUndefined();
    expect(log.errors).toEqual([]);
  });
});

describe('a handler that throws', () => {
  it.each<[string, Handle]>([
    ['at once', throwing(new TypeError('oops'))],
    ['later', () => Promise.reject(new TypeError('oops'))],
  ])('fails for its caller and is logged: %s', async (_, handle) => {
    const { runner, log } = runnerOf(handle);
    expect(errorIn(await runner.run(JOB).reply)).toMatchObject({
      name: 'TypeError',
      message: 'oops',
    });
    expect(log.errors).toEqual([
      'Worker#run failed on job job-1 of queue "reports": TypeError: oops',
    ]);
    expect(log.stacks).toEqual([expect.stringContaining('TypeError: oops\n')]);
  });

  it.each<[string, unknown, string]>([
    ['a text', 'oops', 'oops'],
    ['nothing', undefined, 'undefined'],
    ['an object', { reason: 'oops' }, '{"reason":"oops"}'],
  ])('may throw any value: %s', async (_, thrown, message) => {
    const reply = await runnerOf(throwing(thrown)).runner.run(JOB).reply;
    expect(errorIn(reply)).toMatchObject({ name: 'Error', message });
  });

  it('may throw an object that cannot be converted to a string', async () => {
    const thrown: unknown = Object.create(null);
    const reply = await runnerOf(throwing(thrown)).runner.run(JOB).reply;
    expect(errorIn(reply)).toMatchObject({ name: 'Error' });
  });

  it('may throw an error whose message is not a string', async () => {
    const thrown = Object.assign(new Error('oops'), { message: 1n });
    const reply = await runnerOf(throwing(thrown)).runner.run(JOB).reply;
    expect(errorIn(reply)).toMatchObject({ name: 'Error' });
  });

  it.each([
    ['whose name is no text', Object.assign(new Error('oops'), { name: 1n })],
    ['without a name, too large', Object.assign(new Error('x'.repeat(2e6)), { name: undefined })],
    ['whose stack is no text', Object.assign(new Error('oops'), { stack: 1n })],
    [
      'that cannot be looked at',
      Object.defineProperty(new Error('oops'), 'message', {
        get() {
          throw new Error('not today');
        },
      }),
    ],
  ])('may throw an error %s', async (_, thrown) => {
    const { runner } = runnerOf(throwing(thrown), { exposeStack: true });
    expect(errorIn(await runner.run(JOB).reply).message).toBeTypeOf('string');
  });

  it('does not send its stack to its caller', async () => {
    const reply = await runnerOf(throwing(new Error('oops'))).runner.run(JOB).reply;
    expect(reply).not.toContain('stack');
    expect(reply).not.toContain('job-runner.test');
  });

  it('sends its stack to its caller with exposeStack', async () => {
    const thrown = new Error('oops');
    const { runner } = runnerOf(throwing(thrown), { exposeStack: true });
    expect(errorIn(await runner.run(JOB).reply).stack).toBe(thrown.stack);
  });

  it('is only logged where nobody waits', async () => {
    const { runner, log } = runnerOf(throwing(new Error('oops')));
    expect(await runner.run(EMITTED_JOB).reply).toBeUndefined();
    expect(log.errors).toEqual([expect.stringContaining('oops')]);
  });

  it('is only logged for an original requester', async () => {
    const { runner, log } = runnerOf(throwing(new Error('oops')));
    expect(await runner.run(ORIGINAL_JOB).reply).toBeUndefined();
    expect(log.errors).toEqual([expect.stringContaining('oops')]);
  });
});

describe('a handler that throws an HttpException', () => {
  const thrown = new HttpException({ reason: 'gone' }, 410);

  it('sends status and body to its caller, and is not logged', async () => {
    const { runner, log } = runnerOf(throwing(thrown));
    expect(errorIn(await runner.run(JOB).reply)).toMatchObject({
      name: 'HttpException',
      status: 410,
      details: { reason: 'gone' },
      stack: undefined,
    });
    expect(log.errors).toEqual([]);
  });

  it('sends its stack with exposeStack', async () => {
    const { runner } = runnerOf(throwing(thrown), { exposeStack: true });
    expect(errorIn(await runner.run(JOB).reply).stack).toBe(thrown.stack);
  });

  it.each([
    ['the requester is an original one', ORIGINAL_JOB],
    ['nobody waits', EMITTED_JOB],
  ])('is logged where %s', async (_, job) => {
    const { runner, log } = runnerOf(throwing(thrown));
    expect(await runner.run(job).reply).toBeUndefined();
    expect(log.errors).toEqual([expect.stringContaining('HttpException')]);
  });

  it('reaches its caller even when its message is not a string and it is too large', async () => {
    const odd = Object.assign(new HttpException({ text: 'x'.repeat(5_000) }, 410), {
      message: { text: 'gone' },
    });
    const { runner } = runnerOf(throwing(odd), { maxPayload: 1_024 });
    expect(errorIn(await runner.run(JOB).reply)).toMatchObject({ status: 410 });
  });

  it('reaches its caller even when JSON cannot encode the body', async () => {
    const { runner } = runnerOf(throwing(new HttpException({ n: 1n }, 410)));
    expect(errorIn(await runner.run(JOB).reply)).toMatchObject({ status: 410 });
  });
});

describe('a reply that cannot be sent', () => {
  const maxPayload = 1_024;
  /** As long as a text may be, so that its frame is as large as is allowed. */
  const longest = maxPayload - Buffer.byteLength('["job-1","r",""]');

  it('is one that exceeds maxPayload', async () => {
    const { runner } = runnerOf(() => 'x'.repeat(longest), { maxPayload });
    expect(Buffer.byteLength((await runner.run(JOB).reply) ?? '')).toBe(maxPayload);

    const { runner: other, log } = runnerOf(() => 'x'.repeat(longest + 1), { maxPayload });
    const error = callerErrorIn(await other.run(JOB).reply);
    expect(error).toBeInstanceOf(PayloadTooLargeError);
    expect(error).toMatchObject({
      queue: 'reports',
      direction: 'reply',
      size: maxPayload + 1,
      maxPayload,
    });
    expect(log.errors).toEqual([expect.stringContaining('PayloadTooLargeError')]);
  });

  it.each([
    ['a BigInt', 1n],
    ['a function', () => 1],
  ])('is one that JSON cannot encode: %s', async (_, value) => {
    const { runner, log } = runnerOf(() => value);
    const error = callerErrorIn(await runner.run(JOB).reply);
    expect(error).toBeInstanceOf(SerializationError);
    expect(error).toMatchObject({ queue: 'reports', direction: 'reply' });
    expect(log.errors).toEqual([expect.stringContaining('SerializationError')]);
  });

  it.each([
    ['too large', 'x'.repeat(maxPayload)],
    ['not to be written', 1n],
  ])('is logged once for an original requester: %s', async (_, value) => {
    const { runner, log } = runnerOf(() => value, { maxPayload });
    expect(await runner.run(ORIGINAL_JOB).reply).toBeUndefined();
    expect(log.errors).toHaveLength(1);
  });
});

describe('an error that exceeds maxPayload', () => {
  const maxPayload = 1_024;

  it('arrives with a shortened message and without its details', async () => {
    const thrown = Object.assign(new TypeError('x'.repeat(5_000)), {
      code: 'E_OOPS',
      details: 'y'.repeat(5_000),
    });
    const reply = await runnerOf(throwing(thrown), { maxPayload }).runner.run(JOB).reply;
    const form = errorIn(reply);
    expect(form).toMatchObject({ name: 'TypeError', code: 'E_OOPS', details: undefined });
    expect(form.message).toMatch(/^x{100,1000} \[shortened\]$/);
  });

  it('arrives with its message when only its details are too large', async () => {
    const thrown = Object.assign(new Error('oops'), { details: 'y'.repeat(5_000) });
    const reply = await runnerOf(throwing(thrown), { maxPayload }).runner.run(JOB).reply;
    expect(errorIn(reply)).toMatchObject({
      message: expect.stringMatching(/^oops/),
      details: undefined,
    });
  });

  it('keeps its status', async () => {
    const thrown = new HttpException({ reason: 'x'.repeat(5_000) }, 410);
    const reply = await runnerOf(throwing(thrown), { maxPayload }).runner.run(JOB).reply;
    expect(errorIn(reply)).toMatchObject({ status: 410, details: undefined });
  });

  it('does not arrive with the stack that made it too large', async () => {
    const thrown = Object.assign(new Error('oops'), { stack: 's'.repeat(5_000) });
    const { runner } = runnerOf(throwing(thrown), { maxPayload, exposeStack: true });
    expect(errorIn(await runner.run(JOB).reply).stack).toBeUndefined();
  });

  it('is shortened even where its name and its code are long', async () => {
    const thrown = Object.assign(new Error('oops'), {
      name: 'N'.repeat(5_000),
      code: 'C'.repeat(5_000),
    });
    const reply = await runnerOf(throwing(thrown), { maxPayload }).runner.run(JOB).reply;
    expect(Buffer.byteLength(reply ?? '')).toBeLessThanOrEqual(maxPayload);
    expect(errorIn(reply).message).toMatch(/^oops/);
  });

  it.each([
    ['ASCII', 'x'],
    ['three bytes each', '☃'],
    ['six bytes each', '\u0000'],
  ])('is shortened: %s', async (_, character) => {
    const thrown = new Error(character.repeat(5_000));
    const reply = await runnerOf(throwing(thrown), { maxPayload }).runner.run(JOB).reply;
    expect(Buffer.byteLength(reply ?? '')).toBeLessThanOrEqual(maxPayload);
  });
});

describe('the end of a run', () => {
  it.each<[string, Handle]>([
    ['returned', () => 'value'],
    ['thrown', throwing(new Error('oops'))],
  ])(
    'comes when the handler has %s, and its signal does not abort after that',
    async (_, handle) => {
      const run = runnerOf(handle).runner.run(JOB);
      const { signal } = run.context;
      await run.ended;
      run.context.abort(new Error('shutting down'));
      expect(signal.aborted).toBe(false);
    },
  );
});

describe('a run with a timeout', () => {
  let runtime: VirtualRuntime;

  beforeEach(() => {
    runtime = new VirtualRuntime();
  });

  /** A run whose handler returns when it is told to. */
  function startRun(timeout: number, job = JOB) {
    const returned = new EventEmitter();
    const handle = async () => (await once(returned, 'value'))[0] as unknown;
    const { runner, log } = runnerOf(handle, { timeout }, runtime);
    const run = runner.run(job);
    let hasEnded = false;
    void run.ended.then(() => {
      hasEnded = true;
    });
    return {
      run,
      log,
      hasEnded: () => hasEnded,
      handler: {
        resolve: (value: unknown) => returned.emit('value', value),
        reject: (error: Error) => returned.emit('error', error),
      },
    };
  }

  it('fails for its caller at the timeout, and ends when the handler returns', async () => {
    const { handler, run, log, hasEnded } = startRun(50);
    await runtime.advanceAsync(49);
    expect(run.context.signal.aborted).toBe(false);
    await runtime.advanceAsync(1);
    expect(errorIn(await run.reply)).toMatchObject({
      name: 'TimeoutError',
      message: 'Worker#run exceeded its timeout of 50 ms',
    });
    expect(log.errors).toHaveLength(1);
    expect(hasEnded()).toBe(false);
    handler.resolve('late');
    await run.ended;
    expect(hasEnded()).toBe(true);
  });

  it('aborts the signal at the timeout', async () => {
    const { run } = startRun(50);
    const { signal } = run.context;
    await runtime.advanceAsync(50);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({
      name: 'TimeoutError',
      message: 'Worker#run exceeded its timeout of 50 ms',
    });
  });

  it('ends when the handler throws after the timeout', async () => {
    const { handler, run, log } = startRun(50);
    await runtime.advanceAsync(50);
    handler.reject(new Error('aborted'));
    await run.ended;
    expect(errorIn(await run.reply).name).toBe('TimeoutError');
    expect(log.errors).toHaveLength(1);
  });

  it('sends its reply before the timeout and leaves no timer behind', async () => {
    const { handler, run, log } = startRun(50);
    await runtime.advanceAsync(49);
    handler.resolve('in time');
    expect(await run.reply).toBe('["job-1","r","in time"]');
    expect(runtime.pending).toBe(0);
    expect(run.context.signal.aborted).toBe(false);
    expect(log.errors).toEqual([]);
  });

  it('fails with the error that is thrown before the timeout', async () => {
    const { handler, run, log } = startRun(50);
    handler.reject(new TypeError('oops'));
    expect(errorIn(await run.reply)).toMatchObject({ name: 'TypeError', message: 'oops' });
    await runtime.advanceAsync(50);
    expect(run.context.signal.aborted).toBe(false);
    expect(log.errors).toHaveLength(1);
  });

  it('is only logged for an original requester', async () => {
    const { run, log } = startRun(50, ORIGINAL_JOB);
    await runtime.advanceAsync(50);
    expect(await run.reply).toBeUndefined();
    expect(log.errors).toEqual([expect.stringContaining('exceeded its timeout of 50 ms')]);
  });

  it('of zero has no limit', async () => {
    const { handler, run } = startRun(0);
    expect(runtime.pending).toBe(0);
    await runtime.advanceAsync(3_600_000);
    handler.resolve('late');
    expect(await run.reply).toBe('["job-1","r","late"]');
  });
});

describe('the timeout of an inherited deadline', () => {
  const inherited = new RequestTimeoutError({
    queue: 'prices',
    id: 'other-1',
    timeout: 5,
    limit: 'inherited',
  });
  const own = new RequestTimeoutError({ queue: 'prices', id: 'other-1', timeout: 5 });

  it.each<[string, Job, Handle]>([
    ['a job without a deadline', JOB, throwing(inherited)],
    ['a job with time left', { ...JOB, deadline: Date.now() + 60_000 }, throwing(inherited)],
    ['a job with time left, later', JOB, () => Promise.reject(inherited)],
    ['a stream with time left', JOB, () => throwError(() => inherited)],
    ['a limit of the request itself', { ...JOB, deadline: Date.now() - 1 }, throwing(own)],
  ])('is an ordinary error: %s', async (_, job, handle) => {
    const { runner, log } = runnerOf(handle);
    const reply = await runner.run(job).reply;
    expect(errorIn(reply)).toMatchObject({ name: 'RequestTimeoutError', code: 'REQUEST_TIMEOUT' });
    expect(log.errors).toHaveLength(1);
  });

  it('is not an error after the deadline of the job, when nobody waits', async () => {
    const { runner, log } = runnerOf(throwing(inherited));
    expect(await runner.run({ ...JOB, deadline: Date.now() - 1 }).reply).toBeUndefined();
    expect(log.errors).toEqual([]);
  });

  it('is an error where it is the reason of the signal of another job', async () => {
    const reasons: unknown[] = [];
    const { runner, cancel } = runnerOf((_, { signal, id }) =>
      id === 'job-1'
        ? new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              reasons.push(signal.reason);
              reject(signal.reason as Error);
            });
          })
        : new Promise((_resolve, reject) => setImmediate(() => reject(reasons[0] as Error))),
    );
    const first = runner.run(JOB);
    cancel(first.begun, new DOMException('gone', 'AbortError'));
    await first.ended;
    const second = runner.run({ ...JOB, id: 'job-2' });
    expect(await second.reply).toContain('"AbortError"');
  });
});

describe('memory that a run holds', () => {
  const maxPayload = 1_024;
  const tooLarge = 'x'.repeat(2_000);

  const hung = (): Promise<never> => new Promise(() => undefined);
  const deadline = Date.now() + 3_600_000;
  const watched: Handle = (_, { signal }) => {
    signal.addEventListener('abort', () => undefined);
    return hung();
  };

  it.each<[string, Handle, Job]>([
    ['a handler with a timeout', hung, JOB],
    ['a handler that looks at its signal', watched, { ...JOB, deadline }],
    ['a stream', () => NEVER, { ...JOB, deadline }],
    ['a stream that has sent a value', () => concat(of(1), NEVER), { ...JOB, deadline }],
  ])('has no timer once the run is over: %s', (_, handle, job) => {
    for (const end of ['cancel', 'interrupt'] as const) {
      const runtime = new VirtualRuntime();
      const { runner, [end]: over } = runnerOf(handle, { timeout: 60_000 }, runtime);
      const { begun } = runner.run(job);
      expect(runtime.pending).toBeGreaterThan(0);
      over(begun, new Error('over'));
      expect(runtime.pending).toBe(0);
      void begun.context.signal;
      expect(runtime.pending).toBe(0);
    }
  });

  it.each<[string, Handle]>([
    ['the only one', () => of(tooLarge)],
    ['the first', () => concat(of(tooLarge, 1, 2), NEVER)],
    ['one that JSON cannot write', () => of(1n)],
  ])('has no stream after a value that cannot be sent: %s', async (_, handle) => {
    const { runner, openStream, onEnded } = runnerOf(handle, { maxPayload });
    const { reply, ended } = runner.run(JOB);
    expect(errorIn(await reply).code).toMatch(/PAYLOAD_TOO_LARGE|SERIALIZATION/);
    await ended;
    expect(openStream).not.toHaveBeenCalled();
    expect(onEnded).toHaveBeenCalledOnce();
  });

  it('has no source that goes on at once after a value that cannot be sent', async () => {
    let given = 0;
    const source = range(0, 1e9).pipe(map(() => (given++ === 3 ? 1n : given)));
    const { runner } = runnerOf(() => source);
    const { reply, ended } = runner.run(JOB);
    expect(errorIn(await reply).code).toBe('SERIALIZATION');
    await ended;
    expect(given).toBe(4);
  });

  it.each([
    ['nobody', EMITTED_JOB, undefined],
    ['an original requester', ORIGINAL_JOB, '{"row":999}'],
  ])('has no values that nobody reads: %s', async (_, job, reply) => {
    const rows: WeakRef<object>[] = [];
    const end = new Subject<never>();
    const { runner } = runnerOf(() =>
      concat(
        range(0, 1_000).pipe(
          map((row) => {
            const value = { row };
            rows.push(new WeakRef(value));
            return value;
          }),
        ),
        end,
      ),
    );
    const run = runner.run(job);
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    const kept = rows.filter((row) => row.deref() !== undefined).length;
    expect(kept).toBeLessThanOrEqual(10);
    end.complete();
    expect(await run.reply).toBe(reply);
  });
});

describe('a stream', () => {
  async function* values(count: number) {
    for (let value = 1; value <= count; value++) {
      yield value;
    }
  }
  const END = '["job-1","c",null,1,2,"run-1"]';

  it.each<[string, Handle]>([
    ['an Observable', () => of(1, 2)],
    ['a promise of an Observable', async () => of(1, 2)],
    ['an AsyncIterable', () => values(2)],
    ['a promise of an AsyncIterable', async () => values(2)],
  ])('is sent value by value, and then its end: %s', async (_, handle) => {
    const { runner, stream, log } = runnerOf(handle);
    const { reply, ended } = runner.run(JOB);
    expect(await reply).toBe(END);
    await ended;
    expect(stream.values).toEqual(['1', '2']);
    expect(log.errors).toEqual([]);
  });

  it('may be empty', async () => {
    const { runner, stream } = runnerOf(() => of());
    expect(await runner.run(JOB).reply).toBe('["job-1","c",null,1,0,"run-1"]');
    expect(stream.values).toEqual([]);
  });

  it('ends with its error, at the position behind its values', async () => {
    const { runner, stream } = runnerOf(() =>
      concat(
        of(1),
        throwError(() => new Error('broken')),
      ),
    );
    const frame = decodeFrame((await runner.run(JOB).reply) ?? '');
    expect(frame).toMatchObject({
      kind: 'e',
      error: { message: 'broken' },
      position: { index: 1 },
    });
    expect(stream.values).toEqual(['1']);
  });

  it('ends with an error for a value that JSON cannot encode, and closes its source', async () => {
    let isStopped = false;
    const source = new Observable<unknown>((subscriber) => {
      subscriber.next(1);
      subscriber.next(1n);
      return () => (isStopped = true);
    });
    const { runner } = runnerOf(() => source);
    const { reply, ended } = runner.run(JOB);
    expect(callerErrorIn(await reply)).toBeInstanceOf(SerializationError);
    await ended;
    expect(isStopped).toBe(true);
  });

  it('is stopped by a cancellation, without a reply', async () => {
    let isStopped = false;
    const { runner, stream, cancel } = runnerOf(() =>
      concat(of(1), new Observable(() => () => (isStopped = true))),
    );
    const { begun, reply, ended } = runner.run(JOB);
    cancel(begun, new Error('gone'));
    expect(await reply).toBeUndefined();
    await ended;
    expect([isStopped, stream.isStopped]).toEqual([true, true]);
  });

  it('pulls no more values of an AsyncIterable than there is room for, and calls return() when it is stopped', async () => {
    let pulled = 0;
    let isReturned = false;
    async function* many() {
      try {
        for (;;) {
          yield ++pulled;
        }
      } finally {
        isReturned = true;
      }
    }
    const { runner, stream, cancel } = runnerOf(() => many());
    stream.capacity = 3;
    const { begun, ended } = runner.run(JOB);
    await vi.waitFor(() => expect(stream.values).toHaveLength(3));
    cancel(begun, new Error('gone'));
    await ended;
    expect([pulled, isReturned]).toEqual([3, true]);
  });

  it.each([
    ['an original requester, that takes one reply', ORIGINAL_JOB, '2'],
    ['nobody', EMITTED_JOB, undefined],
  ])('runs to completion for %s', async (_, job, reply) => {
    const { runner, stream } = runnerOf(() => values(2));
    const run = runner.run(job);
    expect(await run.reply).toBe(reply);
    await run.ended;
    expect(stream.values).toEqual([]);
  });

  it('ends with the timeout of the handler behind the values before it, and closes its source', async () => {
    let isStopped = false;
    const source = new Observable(() => () => (isStopped = true));
    const { runner, stream } = runnerOf(() => concat(of(1), source), { timeout: 20 });
    const { reply, ended } = runner.run(JOB);
    const frame = decodeFrame((await reply) ?? '');
    expect(frame).toMatchObject({ error: { code: 'JOB_TIMEOUT' }, position: { index: 1 } });
    await ended;
    expect([isStopped, stream.isStopped, stream.values]).toEqual([true, false, ['1']]);
  });

  it('that has sent values ends with a WorkerLostError when it is interrupted', async () => {
    const { runner, interrupt, stream } = runnerOf(() => concat(of(1, 2, 3), NEVER));
    const { begun, reply, ended } = runner.run(JOB);
    stream.pushed = 2;
    expect(interrupt(begun, new Error('shutdown'))).toBe(false);
    const frame = decodeFrame((await reply) ?? '');
    expect(frame).toMatchObject({
      error: { code: 'WORKER_LOST', details: { deliveries: 1, values: 2 } },
      position: { index: 2 },
    });
    await ended;
  });

  it('that has sent nothing yet may be run again when it is interrupted', async () => {
    const { runner, interrupt } = runnerOf(() => NEVER);
    const { begun, context, reply, ended } = runner.run(JOB);
    let replied = false;
    void reply.then(() => (replied = true));
    expect(interrupt(begun, new Error('shutdown'))).toBe(true);
    await ended;
    expect([context.signal.aborted, replied]).toEqual([true, false]);
  });

  it('that has completed without sending all values ends with a WorkerLostError when it is interrupted', async () => {
    const { runner, interrupt, stream } = runnerOf(() => of(1, 2, 3));
    stream.isBusy = true;
    const { begun, reply } = runner.run(JOB);
    stream.pushed = 1;
    expect(interrupt(begun, new Error('shutdown'))).toBe(false);
    const frame = decodeFrame((await reply) ?? '');
    expect(frame).toMatchObject({ error: { code: 'WORKER_LOST' }, position: { index: 1 } });
  });

  it('sends the values that an interceptor emits before it', async () => {
    const { runner, stream } = runnerOf(
      (_, context) =>
        new InterceptedReply(
          concat(
            of('begin'),
            defer(() => streamOf(of(1), context)),
            of('end'),
          ),
        ),
    );
    expect(await runner.run(JOB).reply).toBe('["job-1","c",null,1,3,"run-1"]');
    expect(stream.values).toEqual(['"begin"', '1', '"end"']);
  });

  it('that is returned when nobody waits any more is not subscribed to, and ends the run', async () => {
    let isBegun = false;
    const source = new Observable(() => {
      isBegun = true;
    });
    const { runner, cancel } = runnerOf(async () => source);
    const { begun, ended } = runner.run(JOB);
    cancel(begun, new Error('gone'));
    await ended;
    expect(isBegun).toBe(false);
  });

  it('has not ended until its generator has cleaned up', async () => {
    const cleanup = deferred();
    async function* cleaning() {
      try {
        yield 1;
        yield 2;
      } finally {
        await cleanup.promise;
      }
    }
    const { runner, stream, cancel } = runnerOf(() => cleaning());
    stream.capacity = 1;
    const { begun, ended } = runner.run(JOB);
    await vi.waitFor(() => expect(stream.values).toHaveLength(1));
    cancel(begun, new Error('gone'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun.hasEnded).toBe(false);
    cleanup.resolve();
    await ended;
  });
});

describe('a run', () => {
  it('has an async context of its own', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const { runner } = runnerOf(() => {
      seen.push(storage.getStore());
      storage.enterWith('left behind');
    });
    await runner.run(JOB).ended;
    await runner.run(JOB).ended;
    expect(seen).toEqual([undefined, undefined]);
  });

  it.each<[string, Handle]>([
    [
      'whose `then` cannot be read',
      () =>
        new Proxy(
          {},
          {
            get: () => {
              throw new Error('odd');
            },
          },
        ),
    ],
    [
      'that cannot be looked at',
      async () =>
        new Proxy(
          {},
          {
            has: () => {
              throw new Error('odd');
            },
          },
        ),
    ],
  ])('ends with an error for a returned value %s', async (_, handle) => {
    const { runner } = runnerOf(handle);
    const { reply, ended } = runner.run(JOB);
    expect(errorIn(await reply)).toMatchObject({ message: 'odd' });
    await ended;
  });
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((onResolve) => {
    resolve = onResolve;
  });
  return { promise, resolve };
}
