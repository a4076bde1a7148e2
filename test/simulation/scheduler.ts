import type { Random } from '../chaos/random.js';
import { ProcessRuntime, type Callback } from './process-runtime.js';

/** The time that several processes share, which passes when none of them has anything to do. */
export class Scheduler {
  private readonly processes: ProcessRuntime[] = [];
  private ids = 0;
  time = 0;
  /** How many callbacks have run. */
  steps = 0;

  /**
   * @param random - decides which process goes on, where several could.
   * @param onThrown - hears of what a callback throws.
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

  /** Runs until a condition holds. @returns whether it does; not where that takes longer than so many ms. */
  until(condition: () => boolean, mostMs: number): Promise<boolean> {
    const end = this.time + mostMs;
    return new Promise((resolve) => {
      const goOn = (): void => {
        if (condition()) {
          resolve(true);
        } else if (this.time > end || !this.step()) {
          resolve(false);
        } else {
          afterPromises(goOn);
        }
      };
      goOn();
    });
  }

  /** Lets so many ms pass. */
  async pass(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  /** Runs one callback. @returns whether there was one. */
  private step(): boolean {
    const callback = this.next();
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

  /** @returns one of the callbacks that could be the next; time passes where there is none yet. */
  private next(): Callback | undefined {
    let ready = this.ready();
    if (ready.length === 0) {
      const next = this.soonest();
      if (next === Infinity) {
        return undefined;
      }
      this.time = Math.max(this.time, next);
      ready = this.ready();
    }
    const [first, ...others] = ready;
    return first && others.length > 0 ? this.random.pick([first, ...others]) : first;
  }

  /** @returns the callbacks that could be the next. */
  private ready(): Callback[] {
    const ready: Callback[] = [];
    for (const process of this.processes) {
      process.addReady(ready, this.time);
    }
    return ready;
  }

  /** @returns when there is something to do again. */
  private soonest(): number {
    let soonest = Infinity;
    for (const { nextAt } of this.processes) {
      soonest = Math.min(soonest, nextAt);
    }
    return soonest;
  }
}

/** Calls back when all promises have gone on: Node runs ticks when no microtask is left, and far sooner than a turn of its event loop. */
function afterPromises(callback: Callback): void {
  queueMicrotask(() => process.nextTick(callback));
}
