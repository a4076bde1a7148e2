import type { Timer } from '../../lib/driver/runtime.js';
import { ApplicationCode } from '../../lib/client/calls/application-code.js';
import { RequestClient } from '../../lib/client/request-client.js';
import { singleShard } from '../../lib/driver/shard.js';
import { Keys } from '../../lib/protocol/keys.js';
import { Hooks } from '../../lib/telemetry/hooks.js';
import { Log } from '../../lib/telemetry/log.js';
import { JobFailures } from '../../lib/worker/running/job-failures.js';
import type { RunContext } from '../../lib/worker/running/run-context.js';
import { ReplyWorkers } from '../../lib/worker/reply-workers.js';
import { send } from './caller.js';
import { SimulatedDriver } from './driver.js';
import { handlerOf, type Site } from './handlers.js';
import type { Ledger } from './ledger.js';
import { QUEUES, type Question } from './question.js';
import type { ProcessRuntime } from './process-runtime.js';
import type { SimulatedServer } from './server.js';
import { NO_BOUNDS } from '../support/dead-letters.js';

/** Matches log lines about errors of the library, or of the simulated callers, that the library has caught. No handler causes them. */
const CAUGHT_ERROR = / threw\b|^Unexpected error|^Cannot start a job/;

/** Options of the processes of one simulation. */
export interface ProcessOptions {
  readonly concurrency: number;
  readonly lease: number;
  readonly stallLimit: number;
  readonly shutdownTimeout: number;
  /** Of each handler. */
  readonly maxDeliveries: number;
  readonly maxPending: number;
}

/** One process: a client and workers over lines of its own. */
export class SimulatedProcess {
  readonly driver: SimulatedDriver;
  readonly client: RequestClient;
  readonly workers: ReplyWorkers;
  /** The reply list of its client. */
  readonly replies: string;
  private readonly log: Log;
  /** How many jobs of each queue run since the workers were started last. */
  private running = new Map<string, number>();
  private nestedCount = 0;
  /** The job whose handler is being called: simpler and faster than an async context. */
  private job: RunContext | undefined;
  isClosed = false;
  private hasClosed = false;
  /** Whether its workers have begun to take jobs. */
  isServing = false;

  constructor(
    readonly name: string,
    readonly options: ProcessOptions,
    readonly runtime: ProcessRuntime,
    private readonly server: SimulatedServer,
    private readonly ledger: Ledger,
    onPoison: (process: SimulatedProcess, key: string) => void,
  ) {
    const tell = (text: string): void => this.ifAlive(() => this.tell(text));
    this.log = new Log(
      { info: tell, warn: tell, error: tell },
      {
        setInterval: (callback, ms) => runtime.setInterval(callback, ms),
        clear: (timer) => runtime.clear(timer as Timer | undefined),
      },
    );
    this.driver = new SimulatedDriver(server, runtime, (what, costs, ms) =>
      ledger.fault(`${name} ${what}`, costs, name, ms),
    );
    const keys = new Keys();
    const shards = singleShard(this.driver, keys);
    const { log } = this;
    const hooks = new Hooks({ instance: name, log, server: () => 'memory://simulation' });
    const { maxPending } = options;
    const limits = { maxPending, maxPendingBytes: 10_000_000, maxPayload: 1_000_000 };
    this.client = RequestClient.create({
      shards,
      log,
      hooks,
      options: { timeout: 30_000, ...limits, parentJob: () => this.job },
    });
    this.replies = keys.replies(runtime.lastId);
    this.workers = ReplyWorkers.create({
      shards,
      log,
      hooks,
      failures: new JobFailures(new ApplicationCode(log)),
      options: {
        ...options,
        ...NO_BOUNDS,
        maxPayload: limits.maxPayload,
        exposeStack: false,
        runWithin: (job, work) => this.within(job, work),
        currentJob: () => this.job,
      },
    });
    const site: Site = {
      runtime,
      onRun: (question) => this.began(question),
      sendWithin: (job, question) => this.sendWithin(job, question),
      die: (question) => onPoison(this, question.key),
    };
    this.workers.serve(QUEUES.map((queue) => handlerOf(queue, options, site)));
  }

  get isIdle(): boolean {
    return [...this.running.values()].every((count) => count === 0);
  }

  /** Whether it is closing and has not closed yet. */
  get isClosing(): boolean {
    return this.runtime.isAlive && this.isClosed && !this.hasClosed;
  }

  get isAlive(): boolean {
    return this.runtime.isAlive && !this.isClosed;
  }

  /** Ends the process at once. Its lines stay open until the server notices. */
  kill(): void {
    this.runtime.kill();
    this.ledger.orphan(this.name);
  }

  /** @param isHalf - whether the server notices later. */
  breakLines(isHalf: boolean): void {
    for (const line of this.driver.lines) {
      if (isHalf) {
        line.loseHalf();
      } else if (line.identity) {
        this.server.cut(line.identity);
      }
    }
  }

  startWorkers(): void {
    this.isServing = false;
    this.workers
      .start()
      .then(() => (this.isServing = true))
      .catch((error: unknown) =>
        this.ifAlive(() => this.ledger.wrong(`${this.name} cannot start: ${String(error)}`)),
      );
  }

  async stopWorkers(): Promise<void> {
    await this.workers.stop();
    // Handlers that still run do not count for the concurrency of the next start.
    this.running = new Map();
  }

  /** Closes everything in the order of an application. */
  async close(): Promise<void> {
    this.isClosed = true;
    do {
      await this.workers.stop();
      // A start that was called while the workers stopped takes effect now.
    } while (this.workers.status.state !== 'stopped');
    await this.client.close();
    this.driver.close();
    this.log.close();
    this.hasClosed = true;
  }

  /** Runs code of a handler with the job as the current job. */
  private within<Result>(job: RunContext, work: () => Result): Result {
    const { job: former } = this;
    this.job = job;
    try {
      return work();
    } finally {
      this.job = former;
    }
  }

  private ifAlive(work: () => void): void {
    if (this.runtime.isAlive) {
      work();
    }
  }

  /** Records a run. @returns a function that ends it. */
  private began(question: Question): () => void {
    const { running, ledger, name } = this;
    const { queue } = question;
    const count = (running.get(queue) ?? 0) + 1;
    running.set(queue, count);
    if (count > this.options.concurrency) {
      ledger.wrong(`${name} runs more jobs of ${queue} than it may`);
    }
    const run = ledger.ran(question, name);
    return () => {
      running.set(queue, (running.get(queue) ?? 0) - 1);
      this.ifAlive(() => ledger.runEnded(question, run));
    };
  }

  private sendWithin(job: RunContext, { key, nested }: Question): Promise<void> {
    if (!nested) {
      return Promise.resolve();
    }
    const question = { ...nested, key: `${key}'${++this.nestedCount}${this.name}` };
    return this.within(job, () => send(question, this, this.ledger, this.ledger.stories.get(key)));
  }

  private tell(text: string): void {
    this.ledger.tell(`${this.name}: ${text}`);
    if (CAUGHT_ERROR.test(text)) {
      this.ledger.wrong(`${this.name} caught an unexpected error: ${text}`);
    }
  }
}
