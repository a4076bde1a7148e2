import { AsyncResource } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { Runtime, Timer } from '../../lib/driver/runtime.js';

/** Time that passes by hand, and ids that are counted. */
export class VirtualRuntime implements Runtime {
  private readonly timers = new Set<VirtualTimer>();
  private immediates: (() => void)[] = [];
  private ids = 0;

  /** @param time - what its clock shows at first, ms. */
  constructor(private time = 0) {}

  /** How many timers have still to fire. */
  get pending(): number {
    return this.timers.size;
  }

  /** How many of them keep the process from ending. */
  get holding(): number {
    return [...this.timers].filter(({ isRef }) => isRef).length;
  }

  /** Lets time pass: each timer fires when it is due, and what was to come in the next turn comes first. */
  advance(ms: number): void {
    const end = this.time + ms;
    this.runImmediates();
    for (let next = this.nextUntil(end); next; next = this.nextUntil(end)) {
      this.fire(next);
      this.runImmediates();
    }
    this.time = end;
  }

  /** As {@link advance}, and whatever waits for a promise goes on at each step. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.time + ms;
    await this.settle();
    for (let next = this.nextUntil(end); next; next = this.nextUntil(end)) {
      this.fire(next);
      await this.settle();
    }
    this.time = end;
  }

  /** Lets time pass in which nothing runs, as where a call blocks the event loop; each timer that is due by then fires once. */
  block(ms: number): void {
    this.time += ms;
    this.advance(0);
  }

  now(): number {
    return this.time;
  }

  setTimeout<Args extends unknown[]>(
    callback: (...args: Args) => void,
    ms: number,
    ...args: Args
  ): Timer {
    return this.add(() => callback(...args), ms, false);
  }

  setInterval(callback: () => void, ms: number): Timer {
    return this.add(callback, ms, true);
  }

  clear(timer: Timer | undefined): void {
    this.timers.delete(timer as VirtualTimer);
  }

  setImmediate(callback: () => void): void {
    this.immediates.push(AsyncResource.bind(callback));
  }

  nextTick(callback: () => void): void {
    queueMicrotask(callback);
  }

  randomId(): string {
    return `id-${String(++this.ids).padStart(9, '0')}`;
  }

  randomUUID(): string {
    return `00000000-0000-4000-8000-${String(++this.ids).padStart(12, '0')}`;
  }

  private add(callback: () => void, ms: number, isRepeated: boolean): Timer {
    const start = (timer: VirtualTimer): void => {
      // Among those that are due together the one that was started last comes last.
      this.timers.delete(timer);
      timer.dueAt = this.time + Math.max(1, ms);
      this.timers.add(timer);
    };
    const timer = new VirtualTimer(AsyncResource.bind(callback), isRepeated, start);
    start(timer);
    return timer;
  }

  private nextUntil(end: number): VirtualTimer | undefined {
    const [next] = [...this.timers].toSorted((one, other) => one.dueAt - other.dueAt);
    return next && next.dueAt <= end ? next : undefined;
  }

  private fire(timer: VirtualTimer): void {
    this.time = Math.max(this.time, timer.dueAt);
    this.timers.delete(timer);
    if (timer.isRepeated) {
      timer.refresh();
    }
    timer.callback();
  }

  private runImmediates(): boolean {
    const { immediates } = this;
    this.immediates = [];
    immediates.forEach((callback) => callback());
    return immediates.length > 0;
  }

  private async settle(): Promise<void> {
    do {
      await turn();
    } while (this.runImmediates());
  }
}

class VirtualTimer implements Timer {
  dueAt = 0;
  isRef = true;

  constructor(
    readonly callback: () => void,
    readonly isRepeated: boolean,
    private readonly start: (timer: VirtualTimer) => void,
  ) {}

  unref(): this {
    this.isRef = false;
    return this;
  }

  refresh(): this {
    this.start(this);
    return this;
  }
}
