import { textOf, type Bytes } from '../memory/bytes.js';
import { rangeOf } from '../memory/lists.js';
import type { MemoryServer } from '../memory/memory-server.js';
import { decodeJob, type Job } from '../protocol/wire/job-element.js';
import type { Keys } from '../protocol/keys.js';
import { decodeFrame, type ReplyFrame } from '../protocol/wire/reply-frame.js';

/** `waiting` in its queue, `running` in a worker, or `ended`: answered, expired, cancelled or in the dead list. */
export type TestJobState = 'waiting' | 'running' | 'ended';

/** A job that was sent in a test. */
export interface TestJob {
  readonly id: string | number;
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly state: TestJobState;
  /** The values of its stream, so far as they were sent. */
  readonly values: readonly unknown[];
  /** What it was answered with; absent where it was not. */
  readonly reply?: unknown;
  /** The error that it was answered with, as it travels; absent where it was not. */
  readonly error?: { readonly name: string; readonly message: string };
}

interface Entry {
  readonly job: Job;
  readonly queue: string;
  readonly frames: ReplyFrame[];
}

/** Keeps what was sent to the queues of a server, and what it was answered with. */
export class JobLedger {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly server: MemoryServer,
    private readonly keys: Keys,
  ) {
    const { store } = server;
    const before = store.onPush;
    store.onPush = (key, elements) => {
      before(key, elements);
      this.pushed(key, elements);
    };
  }

  /** @returns the jobs that were sent to a queue, in their order. */
  jobsOf(queue: string): TestJob[] {
    const waiting = this.idsAt([this.keys.queue(queue).requests]);
    const running = this.idsAt(this.slotsOf(queue));
    return [...this.entries.values()]
      .filter((entry) => entry.queue === queue)
      .map(({ job: { id, data, headers = {} }, frames }) => ({
        id,
        data,
        headers,
        state: waiting.has(id) ? 'waiting' : running.has(id) ? 'running' : 'ended',
        values: frames.flatMap((frame) => (frame.kind === 'n' ? [frame.payload] : [])),
        ...endOf(frames),
      }));
  }

  /** Whether no job waits or runs. */
  get isIdle(): boolean {
    const queues = new Set([...this.entries.values()].map(({ queue }) => queue));
    return [...queues].every(
      (queue) =>
        !this.server.store.has(this.keys.queue(queue).requests) && this.slotsOf(queue).length === 0,
    );
  }

  /** @returns the slots of a queue that hold something. */
  slotsOf(queue: string): string[] {
    const keys = this.keys.queue(queue);
    return this.server.store.keys.filter((key) => keys.isActive(key));
  }

  private pushed(key: string, elements: readonly Bytes[]): void {
    const queue = this.keys.queueOf(key);
    const isReply = key.startsWith(this.keys.replies(''));
    for (const text of elements.map(textOf)) {
      if (isReply) {
        const frame = decodeFrame(text);
        this.entries.get(frame?.id ?? '')?.frames.push(...(frame ? [frame] : []));
      } else if (queue !== undefined) {
        this.sent(queue, text);
      }
    }
  }

  private sent(queue: string, element: string): void {
    const job = decodeJob(element);
    if (job.version !== 0 && !this.entries.has(String(job.id))) {
      this.entries.set(String(job.id), { job, queue, frames: [] });
    }
  }

  private idsAt(lists: readonly string[]): ReadonlySet<string | number> {
    const elements = lists.flatMap((list) => rangeOf(this.server.store, list, 0, -1));
    return new Set(
      elements.map(textOf).flatMap((element) => {
        const job = decodeJob(element);
        return job.version === 0 ? [] : [job.id];
      }),
    );
  }
}

/** @returns what a job was answered with last: a job that ran twice may have been answered twice. */
function endOf(frames: readonly ReplyFrame[]): Pick<TestJob, 'reply' | 'error'> {
  const frame = frames.findLast(({ kind }) => kind === 'r' || kind === 'e');
  switch (frame?.kind) {
    case 'r':
      return { reply: frame.payload };
    case 'e':
      return { error: { name: frame.error.name, message: frame.error.message } };
    default:
      return {};
  }
}
