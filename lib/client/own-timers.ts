import type { TimeLimit } from '../errors/index.js';

/** What {@link OwnTimers} end. */
interface Expiring {
  expire(limit: TimeLimit): void;
}

/** The timers of a request whose time nobody else watches. */
export class OwnTimers {
  private readonly total: NodeJS.Timeout | undefined;
  private readonly idle: NodeJS.Timeout | undefined;

  /** Both in ms; `0` = no limit. */
  constructor(request: Expiring, timeout: number, idleTimeout: number) {
    if (timeout > 0) {
      this.total = setTimeout(expire, timeout, request, 'timeout');
    }
    if (idleTimeout > 0) {
      this.idle = setTimeout(expire, idleTimeout, request, 'idleTimeout');
    }
  }

  /** A value has come. */
  refreshIdle(): void {
    this.idle?.refresh();
  }

  clear(): void {
    clearTimeout(this.total);
    clearTimeout(this.idle);
  }
}

/** A function of its own, which each of many timers shares. */
function expire(request: Expiring, limit: TimeLimit): void {
  request.expire(limit);
}
