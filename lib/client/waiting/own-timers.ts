import type { TimeLimit } from '../../errors/index.js';
import type { Runtime, Timer } from '../../driver/runtime.js';

/** What {@link OwnTimers} end. */
interface Expiring {
  expire(limit: TimeLimit): void;
}

/** The timers of a request whose time nobody else watches. */
export class OwnTimers {
  private readonly total: Timer | undefined;
  private readonly idle: Timer | undefined;

  /** Both in ms; `0` = no limit. */
  constructor(
    request: Expiring,
    timeout: number,
    idleTimeout: number,
    private readonly runtime: Runtime,
  ) {
    if (timeout > 0) {
      this.total = runtime.setTimeout(expire, timeout, request, 'timeout');
    }
    if (idleTimeout > 0) {
      this.idle = runtime.setTimeout(expire, idleTimeout, request, 'idleTimeout');
    }
  }

  /** A value has come. */
  refreshIdle(): void {
    this.idle?.refresh();
  }

  clear(): void {
    this.runtime.clear(this.total);
    this.runtime.clear(this.idle);
  }
}

/** A function of its own, which each of many timers shares. */
function expire(request: Expiring, limit: TimeLimit): void {
  request.expire(limit);
}
