/**
 * A client and, where `QUEUE` names one, a worker without Nest. It uses only what every version of the library has, so that it also runs
 * in the folder of another one.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createReqRep } from 'nestjs-reqrep/core';
import type { Observable, Subscription } from 'rxjs';

/** A job of {@link PeerCall}. */
export interface PeerJob {
  readonly text: string;
  /** Values of the stream that it answers with; without it, it answers once. */
  readonly count?: number;
  /** The process that never ends it. */
  readonly hangsIn?: number;
}

/** What a peer answers to a job. */
export interface PeerReply {
  readonly text: string;
  /** The process that answered. */
  readonly pid: number;
  readonly attempt: number;
}

/** What the parent tells a peer: to send a job, or to cancel the one that it has sent with this id. */
export interface PeerCall {
  readonly id: number;
  readonly method: 'send' | 'emit' | 'cancel';
  readonly queue?: string;
  readonly job?: PeerJob;
}

/** What a peer tells its parent. */
export type PeerEvent =
  | { readonly event: 'started' | 'aborted'; readonly text: string; readonly pid: number }
  | { readonly event: 'value'; readonly id: number; readonly value: unknown }
  | { readonly event: 'end'; readonly id: number; readonly error?: string };

const { QUEUE = '', REDIS_URL = '', OPTIONS = '{}' } = process.env;
const { pid } = process;

/** So long that no worker runs all jobs alone, ms. */
const JOB_MS = 5;

const tell = (event: PeerEvent): void => void process.send?.(event);

const { client, workers, close } = createReqRep({ ...JSON.parse(OPTIONS), connection: REDIS_URL });

async function* streamOf(text: string, count: number, signal: AbortSignal) {
  for (let value = 0; value < count && !signal.aborted; value++) {
    yield `${text} ${value}`;
    await delay(JOB_MS);
  }
}

if (QUEUE !== '') {
  await workers.serve(
    QUEUE,
    async ({ text, count, hangsIn }: PeerJob, job) => {
      tell({ event: 'started', text, pid });
      job.signal.addEventListener('abort', () => tell({ event: 'aborted', text, pid }));
      if (count !== undefined) {
        return streamOf(text, count, job.signal);
      }
      await delay(hangsIn === pid ? 600_000 : JOB_MS, undefined, { signal: job.signal });
      return { text, pid, attempt: job.attempt } satisfies PeerReply;
    },
    { concurrency: 4 },
  );
}

const sent = new Map<number, Subscription>();
process.on('message', ({ id, method, queue = '', job }: PeerCall) => {
  if (method === 'cancel') {
    sent.get(id)?.unsubscribe();
    return;
  }
  const call: Observable<unknown> =
    method === 'send' ? client.send(queue, job) : client.emit(queue, job);
  const subscription = call.subscribe({
    next: (value: unknown) => tell({ event: 'value', id, value }),
    error: (error: unknown) => tell({ event: 'end', id, error: String(error) }),
    complete: () => tell({ event: 'end', id }),
  });
  sent.set(id, subscription);
});
process.once('SIGTERM', () => void close().then(() => process.exit()));
process.once('disconnect', () => process.exit());
process.send?.('ready');
