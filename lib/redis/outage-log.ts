import { Gate } from '../driver/gate.js';
import type { ServerTroubleError } from '../driver/server-trouble.js';
import type { Log } from '../telemetry/log.js';

/** Kinds of lines in the log. */
const LOST_LOG_KIND = 'server lost';
const UNUSABLE_LOG_KIND = 'unusable server';

/** One line when the server is lost and one when it is back, however many connections and attempts there are. */
export class OutageLog {
  private isLost = false;
  private lastTrouble: ServerTroubleError | undefined;
  /** What was told of the trouble, and the connection that had it. */
  private logged: { readonly text: string; readonly role: string } | undefined;
  private readonly losses = new Gate();

  constructor(private readonly log: Log) {}

  /** Why the server cannot be used, while it cannot. */
  get trouble(): ServerTroubleError | undefined {
    return this.isLost ? this.lastTrouble : undefined;
  }

  /** Resolves once the server cannot be reached. */
  async lost(): Promise<void> {
    if (!this.isLost) {
      await this.losses.next();
    }
  }

  /** @param role - of the connection that has the trouble. */
  begin(trouble: ServerTroubleError, role: string): void {
    const { level, message: text } = trouble;
    const isNew = !this.isLost || (level === 'error' && this.logged?.text !== text);
    this.isLost = true;
    this.lastTrouble = trouble;
    this.losses.wake();
    // What all connections say is counted as often as one says it.
    if (isNew || (level === 'error' && this.logged?.role === role)) {
      this.logged = { text, role };
      const kind = level === 'error' ? UNUSABLE_LOG_KIND : LOST_LOG_KIND;
      this.log.repeated(kind, level, `${text}. Retrying until it works`);
    }
  }

  /** The server answers. */
  end(): void {
    if (!this.isLost) {
      return;
    }
    this.isLost = false;
    const wasLossSaid = this.log.over(LOST_LOG_KIND);
    if (this.log.over(UNUSABLE_LOG_KIND) || wasLossSaid) {
      this.log.info('Redis can be used again');
    }
  }
}
