import type { LookTrouble, Trouble } from '../dashboard-api.js';
import { eventOf, type EventReader } from './event-reader.js';

/** Pause between two looks, ms. */
const LOOK_INTERVAL_MS = 1_000;

/** How many times as long as a look the pause after it is at least: many queues are looked at less often. */
const PAUSE_PER_LOOK = 4;

/** The longest pause, ms. */
const MAX_PAUSE_MS = 15_000;

/** Looks again and again, for all pages that ask the same. It ends when the last of them is gone. */
export class SharedLook {
  private readonly readers = new Set<EventReader>();
  private last: string | undefined;

  constructor(
    /** The name of the event. */
    private readonly name: LookTrouble['look'],
    private readonly look: () => Promise<object>,
    /** @returns what pages are told where a look failed. */
    private readonly troubleOf: (error: unknown) => Trouble,
  ) {}

  add(reader: EventReader): void {
    this.readers.add(reader);
    if (this.last !== undefined) {
      reader.send(this.name, this.last);
    }
  }

  delete(reader: EventReader): void {
    this.readers.delete(reader);
  }

  /** Looks until no page is left. Never rejects. */
  async run(): Promise<void> {
    while (this.readers.size > 0) {
      const pause = await this.tell();
      // The process may end meanwhile.
      await new Promise((resolve) => setTimeout(resolve, pause).unref());
    }
  }

  /** Looks once, and tells all pages. @returns the pause after it, ms. */
  private async tell(): Promise<number> {
    const start = performance.now();
    let pause = LOOK_INTERVAL_MS;
    try {
      this.last = eventOf(this.name, await this.look());
      const taken = performance.now() - start;
      pause = Math.min(Math.max(pause, PAUSE_PER_LOOK * taken), MAX_PAUSE_MS);
    } catch (error) {
      const trouble: LookTrouble = { ...this.troubleOf(error), look: this.name };
      this.last = eventOf('trouble', trouble);
    }
    for (const reader of this.readers) {
      reader.send(this.name, this.last);
    }
    return pause;
  }
}
