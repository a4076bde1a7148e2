import type { PendingRequest } from './pending-request.js';

/** The requests of a client that wait for an end, by id. */
export class PendingRequests {
  private readonly byId = new Map<string, PendingRequest>();

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
    return this.byId.delete(request.id);
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
