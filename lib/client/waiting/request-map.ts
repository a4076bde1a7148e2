import type { PendingRequest } from './pending-request.js';

/** Removals after which a small map is copied. */
const REMOVALS_BEFORE_COPY = 1_000;

/** From this size on a map is large: it is dear to add to and to copy, and what is in it has stayed for long already. */
const LARGE_MAP_SIZE = 20_000;

/**
 * Requests by their ids, in the order in which they came: a `Map` made for those that stay only a moment. When many stay
 * for longer, they move to one of their own, so that those that come and go beside them find a small one.
 */
export class RequestMap {
  private recent = new Map<string, PendingRequest>();
  private older = new Map<string, PendingRequest>();
  private removals = 0;

  get size(): number {
    return this.recent.size + this.older.size;
  }

  get(id: string): PendingRequest | undefined {
    return this.recent.get(id) ?? this.older.get(id);
  }

  add(request: PendingRequest): void {
    this.recent.set(request.id, request);
  }

  /** @returns whether it was here. */
  remove({ id }: PendingRequest): boolean {
    if (!this.recent.delete(id)) {
      return this.older.delete(id);
    }
    if (++this.removals > REMOVALS_BEFORE_COPY + this.recent.size) {
      this.renewRecent();
    }
    return true;
  }

  *all(): Iterable<PendingRequest> {
    yield* this.older.values();
    yield* this.recent.values();
  }

  /**
   * A map that objects pass through for ever keeps its former tables, and all that was in them, from being collected
   * young. (The one of the older needs no renewal: hardly anything in it is young.)
   */
  private renewRecent(): void {
    this.removals = 0;
    if (this.recent.size < LARGE_MAP_SIZE) {
      this.recent = new Map(this.recent);
      return;
    }
    for (const [id, request] of this.recent) {
      this.older.set(id, request);
    }
    this.recent = new Map();
  }
}
