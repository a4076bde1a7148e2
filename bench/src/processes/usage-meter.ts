/** What a process used in a while. */
export interface Usage {
  /** User and system time of all its threads, us. */
  readonly cpu: number;
  /** Most resident memory, bytes. */
  readonly rss: number;
}

/** How often the memory is looked at, ms. */
const INTERVAL = 20;

/** Measures this process. */
export class UsageMeter {
  private readonly cpuBefore = process.cpuUsage();
  private rss = process.memoryUsage.rss();
  private readonly timer = setInterval(() => this.look(), INTERVAL).unref();

  /** Also collects what was left, so that it is no memory of the next load, and no collection is cut short by a stop. */
  stop(): Usage {
    clearInterval(this.timer);
    this.look();
    const { user, system } = process.cpuUsage(this.cpuBefore);
    globalThis.gc?.();
    return { cpu: user + system, rss: this.rss };
  }

  private look(): void {
    this.rss = Math.max(this.rss, process.memoryUsage.rss());
  }
}
