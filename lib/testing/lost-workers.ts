import { bytesOf, textOf } from '../memory/bytes.js';
import { digestOf } from '../memory/digest.js';
import { rangeOf } from '../memory/lists.js';
import type { MemoryServer } from '../memory/memory-server.js';
import { membersBetween, setScore } from '../memory/sorted-sets.js';
import type { QueueKeys } from '../protocol/keys.js';
import { recoverWorker, type FoundSlot } from '../protocol/operations/recover-worker.js';

/** All jobs are given back, and none becomes a dead letter. */
const NO_BOUNDS = { maxDead: Infinity, maxDeadBytes: Infinity };

/** Recovers the jobs of workers as if they had been lost. */
export class LostWorkers {
  constructor(
    private readonly server: MemoryServer,
    private readonly keys: QueueKeys,
  ) {}

  /** @returns the number of lost workers. */
  lose(): number {
    const { store } = this.server;
    store.startOperation(this.server.now());
    const workers = membersBetween(store, this.keys.workers, -Infinity, Infinity);
    for (const [member] of workers) {
      const workerId = textOf(member);
      setScore(store, this.keys.workers, bytesOf(workerId), 0);
      this.recoverJobs(workerId);
    }
    return workers.length;
  }

  private recoverJobs(workerId: string): void {
    const { requests, workers, deadLetters, totals } = this.keys;
    this.server.carryOut(recoverWorker, {
      requests,
      workers,
      dead: deadLetters,
      bounds: NO_BOUNDS,
      totals,
      worker: this.keys.worker(workerId),
      workerId,
      forget: false,
      slots: this.slotsOf(workerId),
    });
  }

  private slotsOf(workerId: string): FoundSlot[] {
    const { store } = this.server;
    return store.keys
      .filter((key) => this.keys.isActive(key, workerId))
      .map((key) => {
        const jobs = rangeOf(store, key, 0, -1);
        return {
          key,
          digest: digestOf(jobs),
          jobs: jobs.flatMap((job, position) => (job === '' ? [] : [{ position }])),
        };
      });
  }
}
