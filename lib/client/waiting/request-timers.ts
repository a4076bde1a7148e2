import type { TimeLimit } from '../../errors/index.js';
import type { Runtime, Timer } from '../../driver/runtime.js';

/** A request that {@link RequestTimers} can end. */
interface ExpiringRequest {
  expire(limit: TimeLimit): void;
}

/** Timers for limits that the shared timer of `PendingRequests` does not cover. */
export class RequestTimers {
  private readonly timeoutTimer: Timer | undefined;
  private readonly idleTimer: Timer | undefined;

  /** Starts the timers. Both limits are in ms; `0` = no limit. */
  constructor(
    request: ExpiringRequest,
    timeout: number,
    idleTimeout: number,
    private readonly runtime: Runtime,
  ) {
    if (timeout > 0) {
      this.timeoutTimer = runtime.setTimeout(expire, timeout, request, 'timeout');
    }
    if (idleTimeout > 0) {
      this.idleTimer = runtime.setTimeout(expire, idleTimeout, request, 'idleTimeout');
    }
  }

  /** Starts the idle time again, because a value has arrived. */
  restartIdleTimer(): void {
    this.idleTimer?.refresh();
  }

  clear(): void {
    this.runtime.clear(this.timeoutTimer);
    this.runtime.clear(this.idleTimer);
  }
}

/** Ends a request. All timers share this function, which saves memory. */
function expire(request: ExpiringRequest, limit: TimeLimit): void {
  request.expire(limit);
}
