import { bytesOf, textOf, type Bytes } from '../memory/bytes.js';
import { rangeOf } from '../memory/lists.js';
import type { MemoryServer } from '../memory/memory-server.js';
import type { Keys } from '../protocol/keys.js';
import { decodeLetter } from '../protocol/wire/dead-letter.js';
import { decodeCancelMessage } from '../protocol/wire/cancel-message.js';
import { decodeJob, type Job } from '../protocol/wire/job-element.js';
import { decodeFrame } from '../protocol/wire/reply-frame.js';
import { JobRecord } from './job-record.js';
import type { TestJob } from './test-job.js';

/** Records the jobs that were sent to the queues of a server, and how they ended. */
export class JobLedger {
  /** The records by the id of the job, in the order in which the jobs were sent. */
  private readonly records = new Map<string, JobRecord>();
  private readonly queues = new Set<string>();
  /** The version 1 jobs, by the list for the only reply of each. */
  private readonly recordsByReplyList = new Map<string, JobRecord>();

  constructor(
    private readonly server: MemoryServer,
    private readonly keys: Keys,
  ) {
    const { store } = server;
    const before = store.onPush;
    store.onPush = (key, elements) => {
      before(key, elements);
      elements.forEach((element) => this.onElement(key, element));
    };
  }

  /** @returns the jobs that were sent to a queue, in order. */
  jobsOf(queue: string): TestJob[] {
    const now = this.server.now();
    const [waiting, running] = [this.waitingAt(queue), this.runningAt(queue)];
    return [...this.records]
      .filter(([, record]) => record.queue === queue)
      .map(([id, record]) =>
        record.toTestJob(waiting.has(id) ? 'waiting' : running.has(id) ? 'running' : 'ended', now),
      );
  }

  /**
   * Counts the callers whose jobs stay in their queues.
   * @param isStill - returns whether no worker takes the waiting jobs of a queue.
   * @returns `undefined` where a job runs or may be run.
   */
  callersAtRest(isStill: (queue: string) => boolean): number | undefined {
    let callers = 0;
    for (const queue of this.queues) {
      const waiting = this.waitingAt(queue);
      if (this.slotsOf(queue).length > 0 || (waiting.size > 0 && !isStill(queue))) {
        return undefined;
      }
      const now = this.server.now();
      callers += [...waiting].filter((id) => this.records.get(id)?.isAwaited(now)).length;
    }
    return callers;
  }

  private waitingAt(queue: string): ReadonlySet<string> {
    return this.idsAt([this.keys.queue(queue).requests]);
  }

  private runningAt(queue: string): ReadonlySet<string> {
    return this.idsAt(this.slotsOf(queue));
  }

  /** @returns the slots of a queue that hold jobs. */
  private slotsOf(queue: string): string[] {
    const keys = this.keys.queue(queue);
    return this.server.store.keys.filter((key) => keys.isActive(key));
  }

  private idsAt(lists: readonly string[]): ReadonlySet<string> {
    const elements = lists.flatMap((list) => rangeOf(this.server.store, list, 0, -1));
    return new Set(elements.flatMap((element) => readJob(element)?.id ?? []).map(String));
  }

  /** Records an element that was pushed to a list. */
  private onElement(key: string, element: Bytes): void {
    const text = textOf(element);
    const { now } = this.server.store;
    if (key.startsWith(this.keys.replies(''))) {
      const frame = decodeFrame(text);
      if (frame) {
        this.records.get(frame.id)?.recordFrame(frame, now);
      }
      return;
    }
    const original = this.recordsByReplyList.get(key);
    if (original) {
      const id = String(original.job.id);
      original.recordFrame({ kind: 'r', id, payload: JSON.parse(text) }, now);
      return;
    }
    const queue = this.keys.queueOf(key);
    if (queue !== undefined) {
      this.recordJob(queue, readJob(element));
      return;
    }
    const record = this.recordOf(readJob(element));
    if (record?.keys.isActive(key)) {
      record.recordDelivery(now);
    } else {
      this.recordDeadLetter(key, text);
    }
  }

  private recordJob(queue: string, job: Job | undefined): void {
    const known = this.recordOf(job);
    if (!job || known) {
      known?.recordReturn();
      return;
    }
    const keys = this.keys.queue(queue);
    const record = new JobRecord(job, queue, keys);
    this.records.set(String(job.id), record);
    if (job.version === 1) {
      this.recordsByReplyList.set(keys.originalReply(job.id), record);
    }
    if (!this.queues.has(queue)) {
      this.queues.add(queue);
      this.server.listen({
        channels: [keys.cancel],
        onMessage: (_channel, message) => {
          const now = this.server.now();
          decodeCancelMessage(message).forEach((id) =>
            this.records.get(id)?.recordCancellation(now),
          );
        },
      });
    }
  }

  private recordDeadLetter(key: string, text: string): void {
    if ([...this.queues].some((queue) => this.keys.queue(queue).deadLetters.letters === key)) {
      const letter = decodeLetter(text);
      this.recordOf(readJob(bytesOf(letter.job)))?.recordDeadLetter(letter);
    }
  }

  private recordOf(job: Job | undefined): JobRecord | undefined {
    return job && this.records.get(String(job.id));
  }
}

/** @returns `undefined` for an unreadable job. */
function readJob(element: Bytes): Job | undefined {
  const job = decodeJob(textOf(element));
  return job.version === 0 ? undefined : job;
}
