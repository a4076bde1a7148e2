/** How many jobs of one queue may run in this process. The workers of a hot queue, one for each shard, share a limit. */
export class RunLimit {
  /** How many jobs run. */
  running = 0;
  private readonly listeners: (() => void)[] = [];
  /** Which listener is called first next time. */
  private turn = 0;

  constructor(readonly concurrency: number) {}

  get isReached(): boolean {
    return this.running >= this.concurrency;
  }

  /** @param listener - is called when a run has ended. */
  onRunEnded(listener: () => void): void {
    this.listeners.push(listener);
  }

  runStarted(): void {
    this.running++;
  }

  /** Notes a run that has ended, and notifies the workers in turn, so that no shard takes all the room. */
  runEnded(): void {
    this.running--;
    const { listeners } = this;
    const from = this.turn++ % listeners.length;
    for (let index = 0; index < listeners.length; index++) {
      listeners[(from + index) % listeners.length]?.();
    }
  }
}
