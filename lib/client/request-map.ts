import type { PendingRequest } from './pending-request.js';

/** Removals after which a small map is copied. */
const RENEWAL = 1_000;

/** Requests by their ids, in the order in which they came: a `Map` made for those that stay only a moment. */
export class RequestMap {
  private byId = new Map<string, PendingRequest>();
  private removals = 0;

  get size(): number {
    return this.byId.size;
  }

  get(id: string): PendingRequest | undefined {
    return this.byId.get(id);
  }

  add(request: PendingRequest): void {
    this.byId.set(request.id, request);
  }

  /** @returns whether it was here. */
  remove({ id }: PendingRequest): boolean {
    const wasHere = this.byId.delete(id);
    if (++this.removals > RENEWAL + this.byId.size) {
      // A map that objects pass through for ever keeps its former tables, and all that was in them, from being
      // collected young.
      this.byId = new Map(this.byId);
      this.removals = 0;
    }
    return wasHere;
  }

  all(): Iterable<PendingRequest> {
    return this.byId.values();
  }
}
