/** Counts by key. */
export class Counts {
  private readonly counts = new Map<string, number>();

  add(key: string, more = 1): void {
    this.counts.set(key, this.of(key) + more);
  }

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }
}
