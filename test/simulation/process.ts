import { currentJob } from '../../lib/core/current-job.js';
import type { Timer } from '../../lib/driver/runtime.js';
import { RequestClient } from '../../lib/client/request-client.js';
import { singleShard } from '../../lib/driver/shard.js';
import { Keys } from '../../lib/protocol/keys.js';
import { Log } from '../../lib/telemetry/log.js';
import { ReplyWorkers } from '../../lib/worker/reply-workers.js';
import { handlerOf } from './handlers.js';
import type { Ledger } from './ledger.js';
import { SimulatedDriver, type SimulatedServer } from './network.js';
import { QUEUES, type Question } from './question.js';
import type { ProcessRuntime } from './scheduler.js';

/** What the processes of one simulation are told. */
export interface ProcessOptions {
  readonly concurrency: number;
  readonly lease: number;
  readonly stallLimit: number;
  readonly shutdownTimeout: number;
}

/** One process: a client and workers over lines of its own. */
export class SimulatedProcess {
  readonly driver: SimulatedDriver;
  readonly client: RequestClient;
  readonly workers: ReplyWorkers;
  private readonly log: Log;
  /** How many jobs of each queue run since the workers were started last. */
  private running = new Map<string, number>();
  isClosed = false;

  constructor(
    readonly name: string,
    readonly options: ProcessOptions,
    readonly runtime: ProcessRuntime,
    server: SimulatedServer,
    private readonly ledger: Ledger,
  ) {
    const tell = (text: string): void => this.ifAlive(() => ledger.tell(`${name}: ${text}`));
    this.log = new Log(
      { info: tell, warn: tell, error: tell },
      {
        setInterval: (callback, ms) => runtime.setInterval(callback, ms),
        clear: (timer) => runtime.clear(timer as Timer | undefined),
      },
    );
    this.driver = new SimulatedDriver(server, runtime);
    const shards = singleShard(this.driver, new Keys());
    const { log } = this;
    const limits = { maxPending: 10_000, maxPendingBytes: 10_000_000, maxPayload: 1_000_000 };
    this.client = new RequestClient({
      shards,
      log,
      options: { timeout: 30_000, ...limits, parentJob: () => currentJob.getStore() },
    });
    this.workers = new ReplyWorkers({
      shards,
      log,
      options: {
        ...options,
        maxPayload: limits.maxPayload,
        exposeStack: false,
        runWithin: (job, work) => currentJob.run(job, work),
        currentJob: () => currentJob.getStore(),
      },
    });
    const site = {
      runtime,
      client: this.client,
      onRun: (question: Question) => this.began(question),
    };
    this.workers.serve(QUEUES.map((queue) => handlerOf(queue, options.concurrency, site)));
  }

  get isAlive(): boolean {
    return this.runtime.isAlive && !this.isClosed;
  }

  /** Ends it at once. Its lines stand until the server hears of it. */
  kill(): void {
    this.runtime.kill();
    this.ledger.orphan(this.name);
  }

  startWorkers(): void {
    this.workers
      .start()
      .catch((error: unknown) =>
        this.ifAlive(() => this.ledger.wrong(`${this.name} cannot start: ${String(error)}`)),
      );
  }

  async stopWorkers(): Promise<void> {
    await this.workers.stop();
    // What still runs has had its time, and holds nobody up.
    this.running = new Map();
  }

  /** As an application ends. */
  async close(): Promise<void> {
    this.isClosed = true;
    do {
      await this.workers.stop();
      // Those that were told to start while they stopped do so now.
    } while (this.workers.status.state !== 'stopped');
    await this.client.close();
    this.driver.close();
    this.log.close();
  }

  private ifAlive(work: () => void): void {
    if (this.runtime.isAlive) {
      work();
    }
  }

  /** @returns what ends the run. */
  private began(question: Question): () => void {
    const { running, ledger, name } = this;
    const { queue } = question;
    const count = (running.get(queue) ?? 0) + 1;
    running.set(queue, count);
    this.ifAlive(() => {
      ledger.ran(question, name);
      if (count > this.options.concurrency) {
        ledger.wrong(`${name} runs more jobs of ${queue} than it may`);
      }
    });
    return () => running.set(queue, (running.get(queue) ?? 0) - 1);
  }
}
