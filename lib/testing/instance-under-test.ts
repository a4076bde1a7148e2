import type { RequestClient } from '../client/request-client.js';
import { workersHere } from '../core/workers-here.js';
import type { ServedHere } from '../errors/served-here.js';
import type { MemoryServer } from '../memory/memory-server.js';
import { Keys } from '../protocol/keys.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';
import { JobLedger } from './job-ledger.js';

/** Workers that take the jobs of their queue, now or soon. */
const TAKING: ReadonlySet<ServedHere> = new Set(['perhaps', 'before start', 'starting', 'running']);

/** What an instance of the module under test is made of. */
export interface InstanceParts {
  /** The `workers` of its options. */
  readonly workersOption: boolean | 'manual';
  readonly prefix: string;
  client(): RequestClient;
  workers(): ReplyWorkers;
}

/** One instance of the module under test, with the server in this process that it has. */
export class InstanceUnderTest {
  readonly keys: Keys;
  readonly ledger: JobLedger;

  constructor(
    readonly server: MemoryServer,
    private readonly parts: InstanceParts,
  ) {
    this.keys = new Keys(parts.prefix);
    this.ledger = new JobLedger(server, this.keys);
  }

  get workers(): ReplyWorkers {
    return this.parts.workers();
  }

  /** Whether nothing more happens by itself: jobs that nobody takes may wait, with their callers. */
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
