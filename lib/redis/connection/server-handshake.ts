import { isRefusal, meaningOfRefusal } from '../../driver/refusal.js';
import { delay, type Runtime } from '../../driver/runtime.js';
import { UnusableServerError, type ServerTroubleError } from '../../driver/server-trouble.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import type { ConnectionTroubles } from './connection-troubles.js';
import { inquire, type InquiryResult } from './server-inquiry.js';
import { LineCutter } from './line-cutter.js';
import type { OwnRedis } from './own-redis.js';
import type { ServerFacts } from './server-facts.js';

/** Wait before a server is asked again that loads its data, or is a replica, ms. */
const NOT_READY_RETRY_DELAY_MS = 500;

/** Wait before a server is asked again that cannot serve us until somebody changes it, ms. */
const UNUSABLE_RETRY_DELAY_MS = 5_000;

/** What came of an attempt to get to know the server. */
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
  /** How `CLIENT LIST` shows the connection. */
  readonly name: string;
  /** Learns what else has to be known before the connection is used. */
  prepare(): Promise<void>;
  /** The server can be used. */
  onDone(): void;
}

/** What a connection and its server know of each other, which is learned anew behind every loss. */
export class ServerHandshake {
  /** Whether the server can be used. */
  isDone = false;
  /** How the server knows the connection; `undefined` while there is none, and where the server does not tell. */
  identity: LineIdentity | undefined;
  /** What the server says of itself; `undefined` while there is no connection, and where the server refuses to. */
  server: ServerFacts | undefined;
  readonly cutter: LineCutter;
  /** Connections before this one that were lost to us, but perhaps not yet to the server. */
  private lostIdentities: LineIdentity[] = [];

  constructor(private readonly parts: Parts) {
    this.cutter = new LineCutter(
      (command) => parts.own.send(command),
      () => this.server,
    );
  }

  /** How the server may know the connection, now and before. */
  get identities(): readonly LineIdentity[] {
    return this.identity ? [...this.lostIdentities, this.identity] : this.lostIdentities;
  }

  /**
   * Waits until the server takes writes, learns how it knows this connection, and makes it forget those before: a command
   * that they still hold in some buffer must not be carried out after what this one is about to do.
   */
  async perform(): Promise<void> {
    const { own, troubles, runtime } = this.parts;
    const { redis, socket } = own;
    if (socket?.destroyed) {
      // ioredis 5 takes a connection for ready that was lost while it was being made, and would make no other
      // (https://github.com/redis/ioredis/issues/2099).
      redis.status = 'reconnecting';
      return;
    }
    const isCurrent = (): boolean => redis.status === 'ready' && own.socket === socket;
    while (isCurrent()) {
      const meeting = await this.tryOnce(isCurrent);
      const { outcome } = meeting;
      if (outcome === 'done' || !isCurrent()) {
        return; // where it was lost, the next one is introduced by itself
      }
      troubles.explained(meeting.trouble);
      await delay(
        runtime,
        outcome === 'unusable' ? UNUSABLE_RETRY_DELAY_MS : NOT_READY_RETRY_DELAY_MS,
      );
      if (outcome !== 'not yet' && isCurrent()) {
        // The name may lead to another server by then.
        redis.disconnect(true);
        return;
      }
    }
  }

  /** The connection is lost. */
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
      const { placement } = own.destination;
      const met = await inquire((command) => own.send(command), runtime, name, placement);
      if (met.outcome !== 'known') {
        return { outcome: met.outcome, trouble: troubles.fromInquiry(met.outcome, met.why) };
      }
      if (!isCurrent()) {
        return DONE;
      }
      this.server = met.server;
      this.identity = met.identity;
      await this.cutLost();
      await prepare();
    } catch (error) {
      if (error instanceof UnusableServerError) {
        return { outcome: 'unusable', trouble: troubles.fromInquiry('unusable', error.message) };
      }
      if (!isRefusal(error)) {
        return DONE; // a connection that was lost, or is about to be replaced, ends it
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
        // It may not, and has to trust that the server notices the loss as soon as we do.
      });
    }
    this.lostIdentities = [];
  }
}
