import type { Backlog } from './load/backlog.js';
import type { ClosedLoop } from './load/closed-loop.js';
import type { Stream } from './load/stream.js';

/** Nothing is asked. */
export interface Idle {
  readonly kind: 'idle';
}

export type Load = ClosedLoop | Backlog | Stream | Idle;

/** One situation that systems are measured in. */
export interface Scenario {
  /** As `--only` takes it. */
  readonly name: string;
  readonly title: string;
  readonly load: Load;
  /** Worker processes. */
  readonly workers: number;
  /** Queues, all of one client and of each worker process. */
  readonly queues: number;
  /** Requests that wait beside those of the load, for replies that never come. */
  readonly pending?: number;
  /** Whether it is about what this library costs, and not about who is quicker. */
  readonly isOfLibraryOnly?: boolean;
}

/** About what a small request carries, bytes. */
const SMALL = 100;

const closedLoop = (inFlight: number, bytes = SMALL): ClosedLoop => ({
  kind: 'closed-loop',
  inFlight,
  bytes,
});

const ONE = { workers: 1, queues: 1 };

/** @param isQuick - whether the long ones are shortened. */
export function scenarios(isQuick: boolean): readonly Scenario[] {
  const backlog = isQuick ? 5_000 : 200_000;
  const values = isQuick ? 20_000 : 100_000;
  return [
    { name: '1-in-flight', title: '1 in flight', load: closedLoop(1), ...ONE },
    { name: '256-in-flight', title: '256 in flight', load: closedLoop(256), ...ONE },
    { name: '4096-in-flight', title: '4 096 in flight', load: closedLoop(4_096), ...ONE },
    {
      name: '10-kib',
      title: '10 KiB there and back, 256 in flight',
      load: closedLoop(256, 10_240),
      ...ONE,
    },
    {
      name: '256-kib',
      title: '256 KiB there and back, 16 in flight',
      load: closedLoop(16, 262_144),
      ...ONE,
    },
    {
      name: 'pending',
      title: '256 in flight, beside 100 000 that wait',
      load: closedLoop(256),
      pending: 100_000,
      isOfLibraryOnly: true,
      ...ONE,
    },
    {
      name: 'backlog-1000',
      title: '1 000 in flight, most of them in the queue',
      load: closedLoop(1_000),
      isOfLibraryOnly: true,
      ...ONE,
    },
    {
      name: 'backlog-200000',
      title: '200 000 in flight, most of them in the queue',
      load: closedLoop(200_000),
      isOfLibraryOnly: true,
      ...ONE,
    },
    {
      name: '2-workers',
      title: '2 worker processes, 256 in flight',
      load: closedLoop(256),
      workers: 2,
      queues: 1,
    },
    {
      name: '4-workers',
      title: '4 worker processes, 256 in flight',
      load: closedLoop(256),
      workers: 4,
      queues: 1,
    },
    {
      name: '50-queues',
      title: '50 queues of one client, 256 in flight',
      load: closedLoop(256),
      workers: 1,
      queues: 50,
    },
    {
      name: 'backlog',
      title: `a backlog of ${withSpaces(backlog)} jobs, drained`,
      load: { kind: 'backlog', jobs: backlog },
      ...ONE,
    },
    {
      name: 'stream',
      title: `a stream of ${withSpaces(values)} values`,
      load: { kind: 'stream', values },
      ...ONE,
    },
    { name: 'idle', title: 'nothing to do', load: { kind: 'idle' }, isOfLibraryOnly: true, ...ONE },
  ];
}

/** A number as people read it. */
export const withSpaces = (count: number): string =>
  count.toLocaleString('en').replaceAll(',', ' ');
