import { Gate } from '../driver/gate.js';
import type { ServerTroubleError } from '../driver/server-trouble.js';
import type { Log } from '../telemetry/log.js';

/** Kinds of log lines. */
const LOST_LOG_KIND = 'server lost';
const UNUSABLE_LOG_KIND = 'unusable server';

/** The outages that last, by the log of all servers of an instance. */
const outagesByLog = new WeakMap<Log, Set<OutageLog>>();

/**
 * Logs one line when the server is lost and one when it can be used again, however many connections and attempts there are. All shards of
 * a Cluster share these lines: the second is for the end of their last outage.
 */
export class OutageLog {
  private isLost = false;
  private lastTrouble: ServerTroubleError | undefined;
  /** The text that was logged last, and the role of its connection. */
  private logged: { readonly text: string; readonly role: string } | undefined;
  private readonly losses = new Gate();
  private readonly log: Log;
  /** Outages that last, of this server and of others. */
  private readonly lasting: Set<OutageLog>;

  constructor(log: Log) {
    this.log = log.ofAllServers;
    this.lasting = outagesByLog.get(this.log) ?? new Set();
    outagesByLog.set(this.log, this.lasting);
  }

  /** The reason why the server cannot be used; `undefined` while it can. */
  get trouble(): ServerTroubleError | undefined {
    return this.isLost ? this.lastTrouble : undefined;
  }

  /** Resolves when the server is unreachable. */
  async lost(): Promise<void> {
    if (!this.isLost) {
      await this.losses.next();
    }
  }

  /** @param role - role of the connection with the trouble. */
  begin(trouble: ServerTroubleError, role: string): void {
    const { level, message: text } = trouble;
    const isNew = !this.isLost || (level === 'error' && this.logged?.text !== text);
    this.isLost = true;
    this.lasting.add(this);
    this.lastTrouble = trouble;
    this.losses.wake();
    // All connections report the same trouble; only the reports of one are counted.
    if (isNew || (level === 'error' && this.logged?.role === role)) {
      this.logged = { text, role };
      const kind = level === 'error' ? UNUSABLE_LOG_KIND : LOST_LOG_KIND;
      this.log.repeated(kind, level, `${text}. Retrying until it works`);
    }
  }

  /** Notes that the server can be used. */
  end(): void {
    if (!this.isLost) {
      return;
    }
    this.isLost = false;
    this.lasting.delete(this);
    if (this.lasting.size > 0) {
      return;
    }
    const wasLossSaid = this.log.over(LOST_LOG_KIND);
    if (this.log.over(UNUSABLE_LOG_KIND) || wasLossSaid) {
      this.log.info('Redis can be used again');
    }
  }
}
