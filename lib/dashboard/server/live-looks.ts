import type { QueueAdmin } from '../../admin/queue-admin.js';
import type { LookTrouble, QueueLook, QueuesLook, Trouble, WorkersLook } from '../dashboard-api.js';
import { MAX_LISTED_CHARACTERS } from './cut-text.js';
import type { EventReader } from './event-reader.js';
import { jobView } from './job-views.js';
import { SharedLook } from './shared-look.js';

/** Waiting jobs that a look at a queue shows. */
const WAITING_JOBS = 20;

/** Streams at a time. A page has one, and pages that nobody sees have none. */
const MAX_STREAMS = 500;

/** What a page wants to see, beside all queues. */
export interface Wanted {
  readonly queue: string | undefined;
  readonly workers: boolean;
}

/** Shows pages what changes. Each question is asked once for all of them. */
export class LiveLooks {
  private readonly shared = new Map<string, SharedLook>();
  private readonly readers = new Set<EventReader>();
  private isClosed = false;

  constructor(
    private readonly admin: QueueAdmin,
    private readonly troubleOf: (error: unknown) => Trouble,
  ) {}

  /** Whether there are as many streams as there may be. */
  get isFull(): boolean {
    return this.readers.size >= MAX_STREAMS;
  }

  show(reader: EventReader, { queue, workers }: Wanted): void {
    if (this.isClosed || reader.isGone) {
      reader.end();
      return;
    }
    const looks = [
      this.lookFor('queues', 'queues', () => this.seeQueues()),
      ...(queue === undefined
        ? []
        : [this.lookFor(`queue ${queue}`, 'queue', () => this.seeQueue(queue))]),
      ...(workers ? [this.lookFor('workers', 'workers', () => this.seeWorkers())] : []),
    ];
    this.readers.add(reader);
    looks.forEach((look) => look.add(reader));
    reader.onGone(() => {
      this.readers.delete(reader);
      looks.forEach((look) => look.delete(reader));
    });
  }

  /** Ends all streams, and those that begin later. */
  close(): void {
    this.isClosed = true;
    this.readers.forEach((reader) => reader.end());
  }

  private lookFor(
    question: string,
    event: LookTrouble['look'],
    see: () => Promise<object>,
  ): SharedLook {
    const known = this.shared.get(question);
    if (known) {
      return known;
    }
    const look = new SharedLook(event, see, this.troubleOf);
    this.shared.set(question, look);
    // Its first reader is added in this turn.
    queueMicrotask(() => void look.run().then(() => this.shared.delete(question)));
    return look;
  }

  private async seeQueues(): Promise<QueuesLook> {
    const queues = await this.admin.queues();
    return { at: this.admin.now(), queues };
  }

  private async seeWorkers(): Promise<WorkersLook> {
    const workers = await this.admin.workers();
    return { at: this.admin.now(), workers };
  }

  private async seeQueue(name: string): Promise<QueueLook> {
    const [queue, workers, running, jobs] = await Promise.all([
      this.admin.queue(name),
      this.admin.workers(name),
      this.admin.running(name),
      this.admin.peek(name, { limit: WAITING_JOBS }),
    ]);
    const waiting = jobs.map((job) => jobView(job, MAX_LISTED_CHARACTERS));
    return { at: this.admin.now(), queue, workers, running, waiting };
  }
}
