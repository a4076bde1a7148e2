import type { RequestClient } from '../client/request-client.js';
import { workersHere } from '../core/workers-here.js';
import type { ServedHere } from '../errors/served-here.js';
import { singleShard, type Shards } from '../driver/shard.js';
import { followingRuntime } from '../memory/following-runtime.js';
import { MemoryDriver } from '../memory/memory-driver.js';
import { MemoryServer } from '../memory/memory-server.js';
import { Keys } from '../protocol/keys.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';
import { JobLedger } from './job-ledger.js';

/** States of workers that take the jobs of their queue, now or soon. */
const TAKING: ReadonlySet<ServedHere> = new Set(['perhaps', 'before start', 'starting', 'running']);

/** The parts of an instance of the module under test. */
export interface InstanceParts {
  /** The option `workers` of the instance. */
  readonly workersOption: boolean | 'manual';
  readonly prefix: string;
  client(): RequestClient;
  workers(): ReplyWorkers;
}

/** One instance of the module under test, with its server in this process. */
export class InstanceUnderTest {
  readonly server = new MemoryServer('memory://', followingRuntime);
  readonly keys: Keys;
  readonly ledger: JobLedger;

  constructor(private readonly parts: InstanceParts) {
    this.keys = new Keys(parts.prefix);
    this.ledger = new JobLedger(this.server, this.keys);
  }

  /** @returns its queues, as the module uses them. */
  openShards(): Shards {
    return singleShard(new MemoryDriver(this.server, followingRuntime), this.keys);
  }

  /** Ends all faults and reconnects, so that everything can be closed even under fake timers. */
  endFaults(): void {
    this.server.faults.clear();
    this.server.reconnect();
  }

  get workers(): ReplyWorkers {
    return this.parts.workers();
  }

  /** Returns the number of running jobs of a queue. */
  busy(queue: string): number {
    return this.workers.status.queues.find((each) => each.queue === queue)?.busy ?? 0;
  }

  /** Whether nothing more happens by itself. Jobs that no worker takes may still wait, with their callers. */
  get isSettled(): boolean {
    const client = this.parts.client();
    const callers = this.ledger.callersAtRest((queue) => !this.isTaking(queue));
    return callers !== undefined && client.pendingEmits === 0 && client.pending <= callers;
  }

  private isTaking(queue: string): boolean {
    const here = workersHere(this.workers, this.parts.workersOption, queue);
    return here !== undefined && TAKING.has(here.served);
  }
}
