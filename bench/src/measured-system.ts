import { randomUUID } from 'node:crypto';
import type { LoadResult } from './load/load-result.js';
import { Child } from './processes/child.js';
import type { RequesterCalls } from './processes/requester.js';
import type { Usage } from './processes/usage-meter.js';
import type { WorkerCalls } from './processes/worker.js';
import type { RedisMeter, RedisUsage } from './redis-meter.js';
import type { Load, Scenario } from './scenarios.js';
import { OURS } from './results.js';
import { placeOf, type Servers } from './servers.js';
import { NUMBERS, type ServerName, type System } from './systems/system.js';

/** What one round of one system was measured at. */
export interface Round extends LoadResult {
  readonly requester: Usage;
  /** Of all worker processes together. */
  readonly workers: Usage;
  /** Missing where the server is no Redis. */
  readonly redis?: RedisUsage;
}

/** What the servers used; none for a server that is no Redis. */
export type Meters = Readonly<Partial<Record<ServerName, RedisMeter>>>;

/** No step takes longer, ms; one that does is given up, and its processes with it. */
const LONGEST_STEP = 180_000;

/** Asked first, so that connections that are opened on first use are there. */
const FIRST_REQUEST = { kind: 'closed-loop', inFlight: 1, bytes: 1 } as const;

/** One system with its processes, which live on from scenario to scenario, so that each finds them warm. */
export class MeasuredSystem {
  private requester: Child<RequesterCalls> | undefined;
  private workers: Child<WorkerCalls>[] = [];
  private queues: readonly string[] = [];
  private connections: number | undefined;
  private pendingRss: number | undefined;
  /** Why it is not measured at the moment. */
  private failure: string | undefined;
  private isIn = false;
  private readonly url: string;
  private readonly redis: RedisMeter | undefined;

  constructor(
    private readonly system: System,
    servers: Servers,
    meters: Meters,
  ) {
    this.url = servers.urls[system.server] ?? '';
    this.redis = meters[system.server];
  }

  get description() {
    const { failure, connections, pendingRss } = this;
    return {
      system: this.system.name,
      ...(failure === undefined ? {} : { failure }),
      ...(connections === undefined ? {} : { connections }),
      ...(pendingRss === undefined ? {} : { pendingRss }),
    };
  }

  takesPartIn({ isOfLibraryOnly = false }: Scenario): boolean {
    return !isOfLibraryOnly || this.system.name === OURS;
  }

  /** Makes the processes ready for scenarios that need as much. */
  async enter(scenario: Scenario): Promise<void> {
    const { system, url } = this;
    const { kind } = scenario.load;
    this.isIn = this.takesPartIn(scenario);
    this.connections = undefined;
    this.pendingRss = undefined;
    this.failure =
      url === ''
        ? `skipped: no ${system.server} answers at ${placeOf(system.server)}`
        : kind === 'backlog' || kind === 'stream'
          ? system.cannot?.[kind]
          : undefined;
    await this.inTurn(async () => {
      const before = await this.redis?.connections();
      if (scenario.pending !== undefined) {
        // Of what came before, some memory would be left.
        await this.requester?.stop();
        this.requester = undefined;
      }
      const requester = (this.requester ??= new Child('./requester.js', [system.name]));
      while (this.workers.length < scenario.workers) {
        this.workers.push(new Child('./worker.js', [system.name]));
      }
      this.queues =
        kind === 'stream'
          ? [NUMBERS]
          : Array.from({ length: scenario.queues }, () => `bench-${randomUUID()}`);
      await this.serve();
      await requester.call('connect', this.place);
      const load = kind === 'stream' ? { ...scenario.load, values: 1 } : FIRST_REQUEST;
      await requester.call('run', { load, ms: 0 });
      if (this.redis && before !== undefined) {
        this.connections = (await this.redis.connections()) - before;
      }
      if (scenario.pending !== undefined) {
        const input = { queue: `bench-${randomUUID()}`, count: scenario.pending };
        this.pendingRss = await requester.call('leavePending', input);
      }
    });
  }

  async leave(): Promise<void> {
    await this.inTurn(async () => {
      await Promise.all([
        this.requester?.call('close'),
        ...this.workers.map((worker) => worker.call('close')),
      ]);
      // Those that only some scenarios need would be in the way of the next.
      await Promise.all(this.workers.splice(1).map((worker) => worker.stop()));
    });
  }

  /**
   * @param ms - how long it takes, where the load does not say.
   * @param awakenMs - how long requests are made before: a process that stood still makes 5 to 8 % fewer at
   * first, since V8 takes it for one that allocates slowly.
   * @returns `undefined` where it could not be measured.
   */
  round(load: Load, ms: number, awakenMs = 0): Promise<Round | undefined> {
    return this.inTurn(async () => {
      if (load.kind === 'closed-loop' && awakenMs > 0) {
        await this.requester?.call('run', { load, ms: awakenMs });
      }
      return this.measure(load, ms);
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.children.map((child) => child.stop()));
    this.requester = undefined;
    this.workers = [];
  }

  private get children(): readonly { pause(): void; resume(): void; stop(): Promise<void> }[] {
    return [...(this.requester ? [this.requester] : []), ...this.workers];
  }

  private get place() {
    return { url: this.url, queues: this.queues };
  }

  private async serve(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.call('serve', this.place)));
  }

  private async measure(load: Load, ms: number): Promise<Round> {
    const { requester, workers } = this;
    if (!requester) {
      throw new Error(`${this.system.name} has no processes`);
    }
    const isBacklog = load.kind === 'backlog';
    if (isBacklog) {
      await Promise.all(workers.map((worker) => worker.call('close')));
      await requester.call('fill', load);
    }
    await Promise.all(workers.map((worker) => worker.call('beginRound')));
    const redis = await this.redis?.begin();
    const [{ usage, ...result }] = await Promise.all([
      requester.call('run', { load, ms }),
      isBacklog ? this.serve() : undefined,
    ]);
    const used = await redis?.();
    const usages = await Promise.all(workers.map((worker) => worker.call('endRound')));
    return { ...result, requester: usage, workers: sum(usages), ...(used && { redis: used }) };
  }

  /** Does something with the processes, which stand still otherwise: what idles would take time from what is measured. */
  private async inTurn<Done>(step: () => Promise<Done>): Promise<Done | undefined> {
    for (const child of this.children) {
      child.resume();
    }
    try {
      return await this.attempt(step);
    } finally {
      for (const child of this.children) {
        child.pause();
      }
    }
  }

  /** Does something with the processes, unless that failed before; a failure ends them. */
  private async attempt<Done>(step: () => Promise<Done>): Promise<Done | undefined> {
    if (this.failure !== undefined || !this.isIn) {
      return undefined;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`given up after ${LONGEST_STEP / 1_000} s`);
      timer = setTimeout(() => reject(error), LONGEST_STEP);
    });
    try {
      return await Promise.race([step(), late]);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      await this.stop();
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

function sum(usages: readonly (Usage | undefined)[]): Usage {
  return {
    cpu: usages.reduce((total, usage) => total + (usage?.cpu ?? 0), 0),
    rss: usages.reduce((total, usage) => total + (usage?.rss ?? 0), 0),
  };
}
