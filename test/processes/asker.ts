import type { Observable } from 'rxjs';
import type { ChaosJob, StreamJob } from './chaos-worker.js';

/** What of a `RequestClient` is used. */
interface Client {
  send<Reply>(
    queue: string,
    data: unknown,
    options: { timeout?: number; maxDeliveries?: number; onPushed: () => void },
  ): Observable<Reply>;
}

/** One request of the fault suite. */
export interface Question {
  readonly key: string;
  /** It is never to run twice. */
  readonly isOnce?: boolean;
  /** How long its handler takes, ms; else the worker decides. */
  readonly ms?: number;
  /** What its handler throws: a number in the list of odd errors. */
  readonly odd?: number;
  /** Characters that come back with the reply. */
  readonly length?: number;
  /** It asks for so many values. */
  readonly stream?: Pick<StreamJob, 'count' | 'ms' | 'isObservable'>;
  /** It unsubscribes after so many values. */
  readonly leaveAfter?: number;
  readonly timeout?: number;
}

type Record = (event: Readonly<{ event: string; key: string; [more: string]: unknown }>) => void;

/** Asks, and writes down all that comes back. */
export class Asker {
  constructor(
    private readonly client: Client,
    private readonly queue: string,
    private readonly record: Record,
  ) {}

  /** Resolves at the end of the request, whatever it is. */
  ask(question: Question): Promise<void> {
    const { key, isOnce = false, odd, stream, timeout } = question;
    const { queue } = this;
    const isOdd = odd !== undefined;
    this.record({ event: 'sent', key, queue, isOnce, isOdd, values: stream?.count });
    const options = {
      ...(timeout === undefined ? {} : { timeout }),
      ...(isOnce ? { maxDeliveries: 1 } : {}),
      onPushed: () => this.record({ event: 'pushed', key }),
    };
    return stream
      ? this.follow(question, { ...stream, key }, options)
      : this.expect(question, options);
  }

  private expect(
    { key, length = 0, ms, odd }: Question,
    options: Parameters<Client['send']>[2],
  ): Promise<void> {
    const filler = 'x'.repeat(length);
    const job: ChaosJob = { key, filler, ms, odd };
    return new Promise((resolve) => {
      this.client.send<ChaosJob>(this.queue, job, options).subscribe({
        next: (reply) =>
          this.record({
            event: 'reply',
            key,
            isRight: reply.key === key && reply.filler === filler,
          }),
        error: (error: unknown) => resolve(this.end(key, codeOf(error))),
        complete: () => resolve(this.end(key, 'complete')),
      });
    });
  }

  private follow(
    { key, leaveAfter }: Question,
    job: StreamJob,
    options: Parameters<Client['send']>[2],
  ): Promise<void> {
    let received = 0;
    let isInOrder = true;
    return new Promise((resolve) => {
      const end = (how: string): void => resolve(this.end(key, how, { received, isInOrder }));
      const subscription = this.client
        .send<{ key: string; value: number }>(streamsOf(this.queue), job, options)
        .subscribe({
          next: (value) => {
            isInOrder &&= value.key === key && value.value === received;
            received++;
            if (received === leaveAfter) {
              subscription.unsubscribe();
              end('left');
            }
          },
          error: (error: unknown) => end(codeOf(error)),
          complete: () => end('complete'),
        });
    });
  }

  private end(key: string, end: string, more: object = {}): void {
    this.record({ event: 'end', key, end, ...more });
  }
}

/** The queue of the streams beside a queue of jobs. */
export const streamsOf = (queue: string): string => `${queue}streams:`;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
