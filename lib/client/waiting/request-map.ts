import type { PendingRequest } from './pending-request.js';

/** Number of removals after which the map is copied. */
const REMOVALS_BEFORE_COPY = 1_000;

/** Size from which on copying is too expensive; the map is set aside instead. */
const LARGE_MAP_SIZE = 20_000;

/**
 * Pending requests by id, in insertion order. A long-lived `Map` keeps its stale tables, and the objects in them, from being
 * garbage-collected young, so it is replaced by a copy every {@link REMOVALS_BEFORE_COPY} removals. The requests of a very large map
 * are moved to `older`, so that new requests use a small map.
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

  /** @returns whether the request was in the map. */
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

  /** Replaces `recent` by a copy. `older` needs no copy, because hardly anything in it is young. */
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
