import { Random } from '../chaos/random.js';
import { Ledger } from './ledger.js';
import type { ProcessRuntime } from './process-runtime.js';
import { SimulatedProcess, type ProcessOptions } from './process.js';
import { QUEUES } from './question.js';
import { Scheduler } from './scheduler.js';
import { SimulatedServer } from './server.js';

/** A server and the processes that use it. The seed decides everything about them. */
export class World {
  readonly random: Random;
  readonly ledger: Ledger;
  readonly scheduler: Scheduler;
  readonly server: SimulatedServer;
  readonly queues = QUEUES;
  /** Times the questions and the faults. */
  readonly outside: ProcessRuntime;
  readonly processes: SimulatedProcess[] = [];
  readonly options: ProcessOptions;
  private readonly serverRuntime: ProcessRuntime;
  private count = 0;

  constructor(seed: number, isTraced: boolean) {
    this.random = new Random(seed);
    this.ledger = new Ledger(() => this.scheduler.time, isTraced);
    this.scheduler = new Scheduler(this.random, (error) =>
      this.ledger.wrong(`a callback threw: ${String(error)}`),
    );
    this.outside = this.scheduler.addProcess();
    this.serverRuntime = this.scheduler.addProcess();
    this.server = new SimulatedServer(this.serverRuntime, this.random);
    const { ledger, server } = this;
    server.onCarriedOut = (name) => ledger.tell(() => `server: ${name}`);
    this.options = randomOptions(this.random);
    ledger.tell(`seed ${seed}: ${JSON.stringify(this.options)}`);
    for (let left = this.random.pick([2, 2, 3]); left > 0; left--) {
      this.replace();
    }
  }

  readonly alive = (): [SimulatedProcess, ...SimulatedProcess[]] => {
    const [first, ...others] = this.processes.filter(({ isAlive }) => isAlive);
    return first ? [first, ...others] : [this.replace()];
  };

  /** Starts a process, in place of another one where that is given. */
  readonly replace = (former?: SimulatedProcess): SimulatedProcess => {
    const { options, server, ledger, scheduler } = this;
    const name = `p${++this.count}`;
    const runtime = scheduler.addProcess();
    const process = new SimulatedProcess(name, options, runtime, server, ledger, (poisoned, key) =>
      this.kill(poisoned, `is killed by ${key}`),
    );
    ledger.tell(former ? `${name} replaces ${former.name}` : `${name} starts`);
    this.processes.push(process);
    process.startWorkers();
    return process;
  };

  /** Kills a process. The server may notice late, as where the whole machine is lost. @param most - how late at most, ms. */
  readonly kill = (process: SimulatedProcess, how = 'is killed', most = 8_000): void => {
    const { random, ledger } = this;
    ledger.fault(`${process.name} ${how}`, 'workers', process.name, Infinity);
    process.kill();
    const noticedAfter = random.pick([0, Math.floor(random.between(0, most))]);
    this.after(noticedAfter, () => process.driver.close());
    this.after(random.between(0, 3_000), () => this.replace(process));
  };

  readonly after = (ms: number, work: () => void): void => {
    this.outside.setTimeout(work, ms);
  };

  /** The process that has made an id, such as that of a worker. */
  processOf(id: string): SimulatedProcess | undefined {
    return this.processes.find(({ runtime }) => runtime.uuids.has(id));
  }

  /** How many timers the server still has. */
  get serverTimers(): number {
    return this.serverRuntime.pending;
  }
}

function randomOptions(random: Random): ProcessOptions {
  const lease = random.pick([600, 1_500, 1_500, 4_000]);
  return {
    lease,
    concurrency: random.pick([1, 2, 4]),
    stallLimit: random.pick([lease, lease, 5_000, 12_000]),
    shutdownTimeout: random.pick([0, 1_000, 10_000]),
    maxDeliveries: random.pick([3, 3, 2, 1]),
    maxPending: random.pick([10_000, 10_000, 8]),
  };
}
