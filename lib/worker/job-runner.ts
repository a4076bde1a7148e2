import { isObservable } from 'rxjs';
import { PayloadTooLargeError, SerializationError } from '../errors/index.js';
import type { Log } from '../observability/log.js';
import { toErrorForm, toOwnErrorForm, type ErrorForm } from '../protocol/error-form.js';
import type { Job } from '../protocol/job-element.js';
import { checkPayloadSize, encodePayload } from '../protocol/payload.js';
import { encodeError, encodeReply } from '../protocol/reply-frame.js';
import { JobContext } from './job-context.js';
import type { JobHandler, WorkerOptions } from './worker-options.js';

/** A job that is being run. */
export interface Run {
  readonly context: JobContext;
  /** The text to reply with, once it is known; `undefined` = no reply. */
  readonly reply: Promise<string | undefined>;
  /** When the handler has really returned, which a timed-out one does later than its reply. */
  readonly ended: Promise<void>;
}

/** Runs one job: calls the handler and turns what it returns or throws into the text of a reply. */
export class JobRunner {
  constructor(
    private readonly handler: JobHandler,
    private readonly options: WorkerOptions,
    private readonly serverNow: () => number,
    private readonly log: Log,
  ) {}

  run(job: Job): Run {
    const context = new JobContext(this.handler.queue, job, this.serverNow);
    const result = this.call(job, context);
    const ended = result.then(
      () => context.end(),
      () => context.end(),
    );
    return { context, ended, reply: this.reply(job, this.limit(result, context)) };
  }

  private async call(job: Job, context: JobContext): Promise<unknown> {
    const value = await this.handler.handle(job.data, context);
    if (isObservable(value) || isAsyncIterable(value)) {
      throw new TypeError(
        `${this.handler.name} returned a stream, which this version cannot send; return its values as one array`,
      );
    }
    return value;
  }

  /** Ends a run that takes longer than the handler's `timeout`: its caller is told, its signal aborts. */
  private async limit(result: Promise<unknown>, context: JobContext): Promise<unknown> {
    const { timeout, name } = this.handler;
    if (timeout === 0) {
      return result;
    }
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = new JobTimeoutError(`${name} took longer than ${timeout} ms`);
        context.abort(error);
        reject(error);
      }, timeout);
    });
    try {
      return await Promise.race([result, limit]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async reply(job: Job, result: Promise<unknown>): Promise<string | undefined> {
    let value: unknown;
    try {
      value = await result;
    } catch (error) {
      return this.failure(job, error, this.options.describeError?.(error));
    }
    try {
      return this.success(job, value);
    } catch (error) {
      const isOwn = error instanceof PayloadTooLargeError || error instanceof SerializationError;
      if (isOwn && job.version !== 1) {
        this.report(job, error);
      }
      return this.failure(job, error, isOwn ? toOwnErrorForm(error, job.id) : undefined);
    }
  }

  private success(job: Job, value: unknown): string | undefined {
    if (!hasCaller(job)) {
      return undefined;
    }
    const { queue } = this.handler;
    const json = encodePayload(value, queue, 'reply');
    const text = job.version === 1 ? (json ?? 'null') : encodeReply(job.id, json);
    checkPayloadSize(text, this.options.maxPayload, queue, 'reply');
    return text;
  }

  /** @param described - the error's form, where it has one of its own; any other error is a surprise and is logged. */
  private failure(job: Job, error: unknown, described?: ErrorForm): string | undefined {
    const canTell = job.version !== 1 && hasCaller(job);
    // Where nobody can be told, the worker's log is the only place left.
    if (!described || !canTell) {
      this.report(job, error);
    }
    if (!canTell) {
      return undefined;
    }
    const { stack, ...form } = described ?? toErrorForm(error);
    const text = encodeError(job.id, this.options.exposeStack ? { ...form, stack } : form);
    return fits(text, this.options.maxPayload)
      ? text
      : encodeShortened(job.id, form, this.options.maxPayload);
  }

  private report(job: Job, error: unknown): void {
    const { name, queue } = this.handler;
    const form = toErrorForm(error);
    this.log.error(
      `${name} failed on job ${job.id} of queue "${queue}": ${form.name}: ${form.message}`,
      form.stack,
    );
  }
}

/** What a run ends with that takes longer than the handler's `timeout`. */
class JobTimeoutError extends Error {
  static {
    this.prototype.name = 'TimeoutError';
  }

  readonly code = 'JOB_TIMEOUT';
}

/** An original requester always waits; of a version 2 job, its client id says so. */
function hasCaller(job: Job): boolean {
  return job.version === 1 || job.replyTo !== undefined;
}

/** Characters of a name, and of a message at first, that are sent of an error that is too large as a whole. */
const SHORT_NAME = 100;
const SHORT_MESSAGE = 1_000;

function encodeShortened(id: Job['id'], form: ErrorForm, maxPayload: number): string {
  const { status } = form;
  const code = typeof form.code === 'string' ? form.code.slice(0, SHORT_NAME) : form.code;
  const name = form.name.slice(0, SHORT_NAME);
  for (let length = SHORT_MESSAGE; ; length = Math.floor(length / 2)) {
    const message = `${form.message.slice(0, length)} [shortened]`;
    const text = encodeError(id, { name, message, code, status });
    if (length === 0 || fits(text, maxPayload)) {
      return text;
    }
  }
}

const fits = (text: string, maxPayload: number): boolean => Buffer.byteLength(text) <= maxPayload;

function isAsyncIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
