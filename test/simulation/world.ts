import { Random } from '../chaos/random.js';
import { Ledger } from './ledger.js';
import { SimulatedServer } from './network.js';
import { SimulatedProcess, type ProcessOptions } from './process.js';
import { QUEUES } from './question.js';
import type { ProcessRuntime } from './process-runtime.js';
import { Scheduler } from './scheduler.js';

const PROCESSES = 3;

/** A server and the processes that use it, all of which a seed decides. */
export class World {
  readonly random: Random;
  readonly ledger: Ledger;
  readonly scheduler: Scheduler;
  readonly server: SimulatedServer;
  readonly queues = QUEUES;
  /** What is done to the world is timed by this. */
  readonly outside: ProcessRuntime;
  readonly processes: SimulatedProcess[] = [];
  private readonly serverRuntime: ProcessRuntime;
  private readonly options: ProcessOptions;
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
    server.onCarriedOut = (name) => ledger.tell(`server: ${name}`);
    const lease = this.random.pick([300, 1_000, 5_000]);
    this.options = {
      lease,
      concurrency: this.random.pick([1, 2, 4]),
      stallLimit: this.random.pick([lease, 10_000, 60_000]),
      shutdownTimeout: this.random.pick([0, 1_000, 10_000]),
    };
    ledger.tell(`seed ${seed}: ${JSON.stringify(this.options)}`);
    for (let index = 0; index < PROCESSES; index++) {
      this.replace();
    }
  }

  readonly alive = (): [SimulatedProcess, ...SimulatedProcess[]] => {
    const [first, ...others] = this.processes.filter(({ isAlive }) => isAlive);
    return first ? [first, ...others] : [this.replace()];
  };

  /** Starts a process, in place of another one where that is given. */
  readonly replace = (former?: SimulatedProcess): SimulatedProcess => {
    const name = `p${++this.count}`;
    const runtime = this.scheduler.addProcess();
    const process = new SimulatedProcess(name, this.options, runtime, this.server, this.ledger);
    this.ledger.tell(former ? `${name} comes for ${former.name}` : `${name} comes`);
    this.processes.push(process);
    process.startWorkers();
    return process;
  };

  readonly after = (ms: number, work: () => void): void => {
    this.outside.setTimeout(work, ms);
  };

  /** How many timers the server still has. */
  get serverTimers(): number {
    return this.serverRuntime.pending;
  }
}
