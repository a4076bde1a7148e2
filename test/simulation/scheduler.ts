import { AsyncResource } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { Runtime, Timer } from '../../lib/driver/runtime.js';
import type { Random } from '../chaos/random.js';

type Callback = () => void;

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
  async until(condition: () => boolean, mostMs: number): Promise<boolean> {
    const end = this.time + mostMs;
    while (!condition()) {
      if (this.time > end || !(await this.step())) {
        return false;
      }
    }
    return true;
  }

  /** @returns the callbacks that could be the next. */
  private ready(): Callback[] {
    const ready: Callback[] = [];
    this.processes.forEach((process) => process.addReady(ready, this.time));
    return ready;
  }

  /** Runs one callback, and whatever waits for its promises. @returns whether there was one. */
  private async step(): Promise<boolean> {
    let ready = this.ready();
    if (ready.length === 0) {
      const next = this.processes.reduce(
        (soonest, { nextAt }) => Math.min(soonest, nextAt),
        Infinity,
      );
      if (next === Infinity) {
        return false;
      }
      this.time = Math.max(this.time, next);
      ready = this.ready();
    }
    const [first, ...others] = ready;
    if (!first) {
      return false;
    }
    this.steps++;
    try {
      this.random.pick([first, ...others])();
    } catch (error) {
      this.onThrown(error);
    }
    // All promises have gone on when the real event loop comes round.
    await turn();
    return true;
  }
}

/** The runtime of one process: its immediates keep their order, as do its timers. */
export class ProcessRuntime implements Runtime {
  private readonly immediates: Callback[] = [];
  /** Sorted by when they are due. */
  private readonly timers: ProcessTimer[] = [];
  private isKilled = false;
  /** Whether it stands still for now. */
  isFrozen = false;

  constructor(
    readonly now: () => number,
    private readonly nextId: () => number,
  ) {}

  get isAlive(): boolean {
    return !this.isKilled;
  }

  get isRunning(): boolean {
    return this.isAlive && !this.isFrozen;
  }

  /** How many timers have still to fire. */
  get pending(): number {
    return this.timers.length;
  }

  /** When there is something to do again. */
  get nextAt(): number {
    return this.isRunning ? (this.timers[0]?.dueAt ?? Infinity) : Infinity;
  }

  /** @param ready - gets what can run now: the next of the immediates, and the next of the timers. */
  addReady(ready: Callback[], time: number): void {
    if (!this.isRunning) {
      return;
    }
    if (this.immediates.length > 0) {
      ready.push(this.runImmediate);
    }
    const [timer] = this.timers;
    if (timer && timer.dueAt <= time) {
      ready.push(this.runTimer);
    }
  }

  /** Nothing of it ever runs again. */
  kill(): void {
    this.isKilled = true;
    this.immediates.length = 0;
    this.timers.length = 0;
  }

  setTimeout<Args extends unknown[]>(
    callback: (...args: Args) => void,
    ms: number,
    ...args: Args
  ): Timer {
    return this.start(
      new ProcessTimer(
        this,
        bound(() => callback(...args)),
        ms,
        false,
      ),
    );
  }

  setInterval(callback: () => void, ms: number): Timer {
    return this.start(new ProcessTimer(this, bound(callback), ms, true));
  }

  clear(timer: Timer | undefined): void {
    const index = this.timers.indexOf(timer as ProcessTimer);
    if (index >= 0) {
      this.timers.splice(index, 1);
    }
  }

  setImmediate(callback: () => void): void {
    if (this.isAlive) {
      this.immediates.push(bound(callback));
    }
  }

  nextTick(callback: () => void): void {
    queueMicrotask(() => this.isAlive && callback());
  }

  randomId(): string {
    return `id-${String(this.nextId()).padStart(9, '0')}`;
  }

  randomUUID(): string {
    return `00000000-0000-4000-8000-${String(this.nextId()).padStart(12, '0')}`;
  }

  /** Of those that are due together the one that was started last comes last. */
  start(timer: ProcessTimer): ProcessTimer {
    this.clear(timer);
    timer.dueAt = this.now() + Math.max(1, Math.floor(timer.ms));
    if (this.isAlive) {
      const before = this.timers.findLastIndex(({ dueAt }) => dueAt <= timer.dueAt);
      this.timers.splice(before + 1, 0, timer);
    }
    return timer;
  }

  private readonly runImmediate = (): void => this.immediates.shift()?.();

  private readonly runTimer = (): void => {
    const timer = this.timers.shift();
    if (timer?.isRepeated) {
      this.start(timer);
    }
    timer?.callback();
  };
}

/** @returns what calls back in the async context of now. `AsyncResource.bind` does so as well, and takes its time. */
function bound(callback: () => void): () => void {
  const resource = new AsyncResource('Simulation');
  return () => resource.runInAsyncScope(callback);
}

class ProcessTimer implements Timer {
  dueAt = 0;

  constructor(
    private readonly runtime: ProcessRuntime,
    readonly callback: () => void,
    readonly ms: number,
    readonly isRepeated: boolean,
  ) {}

  unref(): this {
    return this;
  }

  refresh(): this {
    this.runtime.start(this);
    return this;
  }
}
