import type { AsyncResource } from 'node:async_hooks';
import type { Runtime, Timer } from '../../driver/runtime.js';
import type { PendingRequest, RequestRegistry } from './pending-request.js';
import { RequestMap } from './request-map.js';

/**
 * The pending requests of a client, by id.
 *
 * Requests with the default timeout expire in the order in which they were added, so one timer serves all of them: a timer for each
 * would be a fifth of the memory of a pending request.
 */
export class PendingRequests implements RequestRegistry {
  private readonly withDefaultTimeout = new RequestMap();
  private readonly withOtherTimeout = new RequestMap();
  private timer: Timer | undefined;

  /**
   * @param defaultTimeout - ms; `0` = no limit.
   * @param scope - the async context in which requests expire.
   */
  constructor(
    private readonly defaultTimeout: number,
    private readonly scope: AsyncResource,
    readonly runtime: Runtime,
  ) {}

  get size(): number {
    return this.withDefaultTimeout.size + this.withOtherTimeout.size;
  }

  get(id: string): PendingRequest | undefined {
    return this.withDefaultTimeout.get(id) ?? this.withOtherTimeout.get(id);
  }

  has(request: PendingRequest): boolean {
    return this.get(request.id) === request;
  }

  add(request: PendingRequest): void {
    this.mapOf(request).add(request);
    if (!this.timer && this.hasSharedTimer(request)) {
      this.scope.runInAsyncScope(this.startTimer, this, this.defaultTimeout);
    }
  }

  hasSharedTimer({ limits }: PendingRequest): boolean {
    return limits.timeout > 0 && limits.timeout === this.defaultTimeout;
  }

  remove(request: PendingRequest): boolean {
    return this.mapOf(request).remove(request);
  }

  *all(): Iterable<PendingRequest> {
    yield* this.withDefaultTimeout.all();
    yield* this.withOtherTimeout.all();
  }

  /** Fails all requests, because the client is closed. */
  close(error: (request: PendingRequest) => Error): void {
    // A subscriber that is notified may send another request.
    while (this.size > 0) {
      for (const request of this.all()) {
        request.fail(error(request), 'closed');
      }
    }
    this.runtime.clear(this.timer);
    this.timer = undefined;
  }

  private mapOf(request: PendingRequest): RequestMap {
    return this.hasSharedTimer(request) ? this.withDefaultTimeout : this.withOtherTimeout;
  }

  /** The timer does not keep the process alive: the connections of pending requests do. */
  private startTimer(ms: number): void {
    this.runtime.clear(this.timer);
    this.timer = this.runtime.setTimeout(() => this.expire(), ms).unref();
  }

  private expire(): void {
    this.timer = undefined;
    for (const request of this.withDefaultTimeout.all()) {
      const left = request.timeLeft() ?? Infinity;
      if (left > 0) {
        this.startTimer(Math.ceil(left));
        return;
      }
      request.expire('timeout');
    }
  }
}
