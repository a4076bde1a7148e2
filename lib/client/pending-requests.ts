import type { PendingRequest } from './pending-request.js';

/** Removals after which a small map is copied. */
const RENEWAL = 1_000;

/** The requests of a client that wait for an end, by id. */
export class PendingRequests {
  private byId = new Map<string, PendingRequest>();
  private removals = 0;

  get size(): number {
    return this.byId.size;
  }

  get(id: string): PendingRequest | undefined {
    return this.byId.get(id);
  }

  has(request: PendingRequest): boolean {
    return this.byId.has(request.id);
  }

  add(request: PendingRequest): void {
    this.byId.set(request.id, request);
  }

  /** @returns whether it was still pending: it settles only then. */
  remove(request: PendingRequest): boolean {
    const wasPending = this.byId.delete(request.id);
    if (++this.removals > RENEWAL + this.byId.size) {
      // A map that objects pass through for ever keeps its former tables, and all that was in them, from being
      // collected young.
      this.byId = new Map(this.byId);
      this.removals = 0;
    }
    return wasPending;
  }

  all(): Iterable<PendingRequest> {
    return this.byId.values();
  }

  failAll(error: (request: PendingRequest) => Error): void {
    for (const request of this.byId.values()) {
      request.fail(error(request));
    }
  }
}
