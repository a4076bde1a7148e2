import type { Random } from '../chaos/random.js';
import { ProcessRuntime, type Callback } from './process-runtime.js';

/** Runs several processes in one virtual time, which passes when no process has anything to do. */
export class Scheduler {
  private readonly processes: ProcessRuntime[] = [];
  private ids = 0;
  time = 0;
  /** How many callbacks have run. */
  steps = 0;

  /**
   * @param random - decides which process runs next, where several could.
   * @param onThrown - is called with what a callback throws.
   */
  constructor(
    private readonly random: Random,
    private readonly onThrown: (error: unknown) => void,
  ) {}

  addProcess(): ProcessRuntime {
    const process = new ProcessRuntime(
      () => this.time,
      () => ++this.ids,
    );
    this.processes.push(process);
    return process;
  }

  /** Runs until a condition holds, for `mostMs` at most. @returns whether it holds. */
  until(condition: () => boolean, mostMs: number): Promise<boolean> {
    const end = this.time + mostMs;
    return new Promise((resolve) => {
      const goOn = (): void => {
        if (condition()) {
          resolve(true);
        } else if (this.step(end)) {
          afterPromises(goOn);
        } else {
          resolve(false);
        }
      };
      goOn();
    });
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  /** Runs one callback that is due by a time. @returns whether there was one. */
  private step(end: number): boolean {
    const callback = this.next(end);
    if (!callback) {
      return false;
    }
    this.steps++;
    try {
      callback();
    } catch (error) {
      this.onThrown(error);
    }
    return true;
  }

  /** @returns one of the callbacks that can run now. Where there is none, time passes first, until `end` at most. */
  private next(end: number): Callback | undefined {
    let ready = this.ready();
    if (ready.length === 0) {
      this.time = Math.max(this.time, Math.min(this.soonest(), end));
      ready = this.ready();
    }
    const [first, ...others] = ready;
    return first && others.length > 0 ? this.random.pick([first, ...others]) : first;
  }

  /** @returns the callbacks that can run now. */
  private ready(): Callback[] {
    const ready: Callback[] = [];
    for (const process of this.processes) {
      process.addReady(ready, this.time);
    }
    return ready;
  }

  /** @returns when the next timer of any process is due. */
  private soonest(): number {
    let soonest = Infinity;
    for (const { nextAt } of this.processes) {
      soonest = Math.min(soonest, nextAt);
    }
    return soonest;
  }
}

/** Calls back when no microtask is left: Node runs ticks then, which is far sooner than the next turn of its event loop. */
function afterPromises(callback: Callback): void {
  queueMicrotask(() => process.nextTick(callback));
}
