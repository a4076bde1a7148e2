import { isRefusal, meaningOfRefusal } from '../../driver/refusal.js';
import { delay, type Runtime } from '../../driver/runtime.js';
import { ServerTroubleError, UnusableServerError } from '../../driver/server-trouble.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import type { ConnectionTroubles } from './connection-troubles.js';
import { inquire, type InquiryResult } from './server-inquiry.js';
import { LineCutter } from './line-cutter.js';
import type { OwnRedis } from './own-redis.js';
import type { ServerFacts } from './server-facts.js';

/** Wait before a server that is loading its data, or is a replica, is asked again. */
const NOT_READY_RETRY_DELAY_MS = 500;

/** Wait before an unusable server is asked again. */
const UNUSABLE_RETRY_DELAY_MS = 5_000;

/** Result of one handshake. */
type HandshakeResult =
  | { readonly outcome: 'done' }
  | {
      readonly outcome: Exclude<InquiryResult['outcome'], 'known'>;
      readonly trouble: ServerTroubleError;
    };

const DONE: HandshakeResult = { outcome: 'done' };

interface Parts {
  readonly own: OwnRedis;
  readonly troubles: ConnectionTroubles;
  readonly runtime: Runtime;
  /** Name of the connection in `CLIENT LIST`. */
  readonly name: string;
  /** Does what else is needed before the connection is used. */
  prepare(): Promise<void>;
  /** Is called when the server can be used. */
  onDone(): void;
}

/** Finds out, after every connect, whether the server can be used and how it identifies the connection. */
export class ServerHandshake {
  /** Whether the handshake of the current connection succeeded. */
  isDone = false;
  /** How the server identifies the connection; `undefined` without a connection, or if the server does not report it. */
  identity: LineIdentity | undefined;
  /** Facts about the server; `undefined` without a connection, or if the server refuses to report them. */
  server: ServerFacts | undefined;
  /** The `run_id` of the server that was reached last, kept after a loss; `undefined` if it does not report it. */
  lastRunId: string | undefined;
  readonly cutter: LineCutter;
  /** Earlier connections, which the server may not have closed yet. */
  private lostIdentities: LineIdentity[] = [];

  constructor(private readonly parts: Parts) {
    this.cutter = new LineCutter(
      (command) => parts.own.send(command),
      () => this.server,
    );
  }

  /** How the server may identify the connection, now and before. */
  get identities(): readonly LineIdentity[] {
    return this.identity ? [...this.lostIdentities, this.identity] : this.lostIdentities;
  }

  /**
   * Waits until the server accepts writes, learns how it identifies this connection, and makes it close earlier ones: a command that
   * is still buffered on an earlier connection must not run after the commands of this one.
   */
  async perform(): Promise<void> {
    const { own, troubles, runtime } = this.parts;
    const { redis, socket } = own;
    if (socket?.destroyed) {
      // ioredis 5 reports a connection as ready that was lost while it was being made, and would not reconnect
      // (https://github.com/redis/ioredis/issues/2099).
      redis.status = 'reconnecting';
      return;
    }
    const isCurrent = (): boolean => redis.status === 'ready' && own.socket === socket;
    while (isCurrent()) {
      const result = await this.tryOnce(isCurrent);
      const { outcome } = result;
      if (outcome === 'done' || !isCurrent()) {
        return; // the next connection starts its own handshake
      }
      troubles.explained(result.trouble);
      await delay(
        runtime,
        outcome === 'unusable' ? UNUSABLE_RETRY_DELAY_MS : NOT_READY_RETRY_DELAY_MS,
      );
      if (outcome !== 'not yet' && isCurrent()) {
        // The host name may resolve to another server by then.
        redis.disconnect(true);
        return;
      }
    }
  }

  /** Resets the handshake, because the connection is lost. */
  connectionLost(): void {
    this.isDone = false;
    this.server = undefined;
    if (this.identity) {
      this.lostIdentities.push(this.identity);
      this.identity = undefined;
    }
  }

  private async tryOnce(isCurrent: () => boolean): Promise<HandshakeResult> {
    const { own, troubles, runtime, name, prepare, onDone } = this.parts;
    try {
      const inquiry = await inquire((command) => own.send(command), runtime, name, own.destination);
      if (inquiry.outcome !== 'known') {
        return {
          outcome: inquiry.outcome,
          trouble: troubles.fromInquiry(inquiry.outcome, inquiry.why),
        };
      }
      if (!isCurrent()) {
        return DONE;
      }
      this.server = inquiry.server;
      this.lastRunId = inquiry.server?.runId;
      this.identity = inquiry.identity;
      await this.cutLost();
      await prepare();
    } catch (error) {
      if (error instanceof ServerTroubleError) {
        const outcome = error instanceof UnusableServerError ? 'unusable' : 'not yet';
        return { outcome, trouble: troubles.fromInquiry(outcome, error.message) };
      }
      if (!isRefusal(error)) {
        return DONE; // the connection was lost, or is about to be replaced
      }
      const trouble = troubles.fromRefusal(error);
      return { outcome: trouble instanceof UnusableServerError ? 'unusable' : 'not yet', trouble };
    }
    if (isCurrent()) {
      this.isDone = true;
      troubles.served();
      onDone();
    }
    return DONE;
  }

  private async cutLost(): Promise<void> {
    for (const identity of this.lostIdentities) {
      await this.cutter.cut(identity).catch((error: unknown) => {
        if (meaningOfRefusal(error) !== 'permanent') {
          throw error;
        }
        // Without the permission, the server has to notice the loss by itself.
      });
    }
    this.lostIdentities = [];
  }
}
