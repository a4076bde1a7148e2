import type { Runtime, Timer } from '../../lib/driver/runtime.js';

export type Callback = () => void;

/** The runtime of one process. Its immediates keep their order, and so do its timers. */
export class ProcessRuntime implements Runtime {
  private readonly immediates: Callback[] = [];
  /** Sorted by due time. */
  private readonly timers: ProcessTimer[] = [];
  /** The last id that it has made. */
  lastId = '';
  /** All UUIDs that it has made, such as the ids of its workers. */
  readonly uuids = new Set<string>();
  private isKilled = false;
  /** Whether the process is frozen: it is alive and runs nothing. */
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

  /** How many timers are running. */
  get pending(): number {
    return this.timers.length;
  }

  /** When the next timer is due. */
  get nextAt(): number {
    return this.isRunning ? (this.timers[0]?.dueAt ?? Infinity) : Infinity;
  }

  /** @param ready - gets the callbacks that can run now: the next immediate, and the next timer. */
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

  /** Ends the process: nothing of it ever runs again. */
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
    return this.start(new ProcessTimer(this, () => callback(...args), ms, false));
  }

  setInterval(callback: () => void, ms: number): Timer {
    return this.start(new ProcessTimer(this, callback, ms, true));
  }

  clear(timer: Timer | undefined): void {
    const index = this.timers.indexOf(timer as ProcessTimer);
    if (index >= 0) {
      this.timers.splice(index, 1);
    }
  }

  setImmediate(callback: () => void): void {
    if (this.isAlive) {
      this.immediates.push(callback);
    }
  }

  nextTick(callback: () => void): void {
    queueMicrotask(() => this.isAlive && callback());
  }

  randomId(): string {
    this.lastId = `id-${String(this.nextId()).padStart(9, '0')}`;
    return this.lastId;
  }

  randomUUID(): string {
    const id = `00000000-0000-4000-8000-${String(this.nextId()).padStart(12, '0')}`;
    this.uuids.add(id);
    return id;
  }

  /** Starts a timer. Timers with the same due time fire in the order in which they were started. */
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
