import type { TimeLimit } from '../../errors/index.js';
import type { Runtime, Timer } from '../../driver/runtime.js';

/** What {@link RequestTimers} end. */
interface ExpiringRequest {
  expire(limit: TimeLimit): void;
}

/** The timers of a request whose time nobody else watches. */
export class RequestTimers {
  private readonly timeoutTimer: Timer | undefined;
  private readonly idleTimer: Timer | undefined;

  /** Both in ms; `0` = no limit. */
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

  /** A value has come. */
  restartIdleTimer(): void {
    this.idleTimer?.refresh();
  }

  clear(): void {
    this.runtime.clear(this.timeoutTimer);
    this.runtime.clear(this.idleTimer);
  }
}

/** A function of its own, which each of many timers shares. */
function expire(request: ExpiringRequest, limit: TimeLimit): void {
  request.expire(limit);
}
