import type { Store } from '../../lib/memory/store.js';
import { giveBackJobs, type GiveBackJobs } from '../../lib/protocol/operations/give-back-jobs.js';
import {
  pushGuardedJob,
  type PushResult,
  type GuardedPush,
} from '../../lib/protocol/operations/push-guarded-job.js';
import {
  recoverWorker,
  type RecoverWorker,
  type RecoveryResult,
} from '../../lib/protocol/operations/recover-worker.js';
import {
  settleJobs,
  type SettledJobs,
  type SettleJobs,
} from '../../lib/protocol/operations/settle-jobs.js';
import { settleLongJobs } from '../../lib/protocol/operations/settle-long-jobs.js';
import { decodeLetter } from '../../lib/protocol/wire/dead-letter.js';
import { Counts } from './counts.js';
import { tracesIn } from './traces.js';
import { heldIn, idOf, jobIn, keyOf, kindOfFrame, limitsIn, workerOf } from './elements.js';

/** One time that a job went back to its queue. */
export interface Return {
  readonly at: number;
  /** The worker whose slot held the job. */
  readonly workerId: string;
  readonly why: 'worker lost' | 'given back';
}

const NO_KEYS: ReadonlySet<string> = new Set();

/**
 * Records what the server did with each job, and checks that no job gets more replies than it was pushed. Jobs are identified by the
 * keys of their questions.
 */
export class ServerLedger {
  readonly wrongs: string[] = [];
  /** How often each job was pushed by its client. What goes back to a queue is in {@link returns}. */
  readonly pushes = new Counts();
  readonly returns = new Map<string, Return[]>();
  /** Jobs that were moved to the dead letters. */
  readonly dead = new Set<string>();
  /** How often each job may run once more because the server has lost what it did last with it: once for each push. */
  readonly losses = new Counts();
  /** When the first value of each stream was pushed. */
  readonly firstValues = new Map<string, number>();
  private readonly replies = new Counts();
  /** How often the owner of all keys has changed. */
  private changes = 0;
  /** How often it had changed when each job was pushed first. */
  private readonly changesBefore = new Map<string, number>();
  private readonly keys = new Map<string, string>();
  /** The replies of calls that were carried out. A call that is repeated has the same. */
  private readonly carriedOut = new WeakSet<SettleJobs['groups']>();
  /** Jobs whose replies are pushed again by a call that was not answered the first time. */
  private pushedAgain: ReadonlySet<string> = NO_KEYS;
  /** Whether an operation is being carried out that pushes jobs back to their queue. */
  private isReturning = false;

  /** @param now - ms. */
  constructor(private readonly now: () => number) {}

  /** Records elements that were pushed to the end of a list. */
  pushedTo(list: string, elements: readonly string[]): void {
    for (const element of elements) {
      if (list.endsWith('requests')) {
        if (!this.isReturning) {
          this.pushedJob(element);
        }
      } else if (list.endsWith('deadletters')) {
        this.dead.add(keyOf(decodeLetter(element).job));
      } else if (list.includes('replies:')) {
        this.pushedFrame(list, element);
      }
    }
  }

  /** Notes that another server answers from now on. Workers may think that it lacks writes. */
  ownerChanged(): void {
    this.changes++;
  }

  /**
   * Remembers where all jobs are.
   * @returns a function that notes that the server is about to lose what it has done since, and returns the keys of the jobs concerned.
   */
  remember(store: Store): () => string[] {
    const { keys } = this;
    const historyOf = (key: string): string => `${this.pushes.of(key)} ${this.replies.of(key)}`;
    const before = tracesIn(store, keys, historyOf);
    return () => {
      const now = tracesIn(store, keys, historyOf);
      const lost = [...now.keys()].filter((key) => before.get(key) !== now.get(key));
      lost.forEach((key) => this.losses.add(key, this.pushes.of(key)));
      return lost;
    };
  }

  /** Carries out an operation, and records what it does to jobs. */
  noted<Output>(store: Store, operation: object, input: unknown, carryOut: () => Output): Output {
    switch (operation) {
      case settleJobs:
      case settleLongJobs: {
        const settle = input as SettleJobs;
        const held = heldIn(store, settle);
        this.pushedAgain = this.pushedBefore(settle, held);
        const output = carryOut();
        this.settled(settle, output as SettledJobs, held);
        this.pushedAgain = NO_KEYS;
        return output;
      }
      case recoverWorker: {
        const { slots, workerId } = input as RecoverWorker;
        const back = slots.flatMap(({ key, jobs }) =>
          jobs.flatMap(({ position, dead }) => (dead ? [] : [jobIn(store, key, position) ?? ''])),
        );
        const output = this.returning(carryOut);
        if ((output as RecoveryResult).outcome === 'recovered') {
          back.forEach((job) => this.returned(job, workerId, 'worker lost'));
        }
        return output;
      }
      case giveBackJobs: {
        const { places } = input as GiveBackJobs;
        const jobs = places.map(({ key, position }) => jobIn(store, key, position));
        const output = this.returning(carryOut);
        jobs.forEach((job, index) => {
          if (job) {
            this.returned(job, workerOf(places[index]?.key ?? ''), 'given back');
          }
        });
        return output;
      }
      case pushGuardedJob: {
        const output = carryOut();
        this.pushedWithin(input as GuardedPush, output as PushResult);
        return output;
      }
      default:
        return carryOut();
    }
  }

  /** Carries out an operation that pushes jobs back to their queue. */
  private returning<Output>(carryOut: () => Output): Output {
    this.isReturning = true;
    try {
      return carryOut();
    } finally {
      this.isReturning = false;
    }
  }

  private pushedJob(element: string): void {
    const key = keyOf(element);
    this.keys.set(idOf(element), key);
    this.pushes.add(key);
    if (!this.changesBefore.has(key)) {
      this.changesBefore.set(key, this.changes);
    }
  }

  /**
   * @returns how many replies a job may get beyond one for each push. Workers reply where they think that a server has lost the job:
   * after a change of the owner, each worker may think so that had the job delivered.
   */
  private extraReplies(key: string): number {
    const changes = this.changes - (this.changesBefore.get(key) ?? 0);
    const deliveries = this.pushes.of(key) + (this.returns.get(key)?.length ?? 0);
    return this.losses.of(key) + changes * deliveries;
  }

  private pushedFrame(list: string, frame: string): void {
    const key = this.keys.get(idOf(frame));
    if (key === undefined || list.endsWith(':aside')) {
      return;
    }
    if (kindOfFrame(frame) !== 'n') {
      this.replied(key);
    } else if (!this.firstValues.has(key)) {
      this.firstValues.set(key, this.now());
    }
  }

  private replied(key: string): void {
    if (this.pushedAgain.has(key)) {
      return;
    }
    this.replies.add(key);
    const pushes = this.pushes.of(key);
    const replies = this.replies.of(key);
    if (replies > pushes + this.extraReplies(key)) {
      this.wrongs.push(`${key} was pushed ${pushes} times and got ${replies} replies`);
    }
  }

  /**
   * @param held - the jobs that the slots hold.
   * @returns the jobs that the server has lost, and whose replies the same call has pushed before: no slot tells that it has.
   */
  private pushedBefore({ groups }: SettleJobs, held: ReadonlySet<string>): ReadonlySet<string> {
    if (!this.carriedOut.has(groups)) {
      return NO_KEYS;
    }
    const keys = groups.flatMap(({ frames }) =>
      frames.flatMap((frame) => this.keys.get(idOf(String(frame))) ?? []),
    );
    return new Set(keys.filter((key) => !held.has(key)));
  }

  /** @param held - the jobs that the slots held before. */
  private settled(
    { groups, bypassesLua }: SettleJobs,
    output: SettledJobs,
    held: Set<string>,
  ): void {
    if ('missing' in output) {
      return;
    }
    this.carriedOut.add(groups);
    for (const frame of groups.flatMap(({ frames }) => frames.map(String))) {
      const key = this.keys.get(idOf(frame));
      if (key !== undefined && !held.has(key) && this.extraReplies(key) === 0) {
        this.wrongs.push(`${key} got its reply from a settle of other jobs`);
      }
      if (key !== undefined && bypassesLua) {
        this.replied(key);
      }
    }
  }

  private returned(job: string, workerId: string, why: Return['why']): void {
    const key = keyOf(job);
    const returns = this.returns.get(key) ?? [];
    returns.push({ at: this.now(), workerId, why });
    this.returns.set(key, returns);
  }

  private pushedWithin({ element }: GuardedPush, output: PushResult): void {
    const { maxQueueLength } = limitsIn(String(element));
    if (output.outcome === 'pushed' && output.queueLength > (maxQueueLength ?? Infinity)) {
      this.wrongs.push(`${keyOf(String(element))} made a queue longer than it may be`);
    }
  }
}
