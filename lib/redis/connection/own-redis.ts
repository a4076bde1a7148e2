import type { Socket } from 'node:net';
import type { Redis } from 'ioredis';
import { meaningOfRefusal } from '../../driver/refusal.js';
import type { Runtime, Timer } from '../../driver/runtime.js';
import { noteRefusal } from '../operations/refused-call.js';
import type { ConnectionSource } from '../topology/connection-source.js';
import { Destination } from '../topology/destination.js';
import { CONNECTION_OPTIONS } from './connection-options.js';
import { trafficOn } from './traffic.js';
import { Watchdog } from './watchdog.js';

/** Wait before a connection is opened that ioredis has given up, ms. */
const REOPEN_DELAY_MS = 500;

/** How a connection is made, and who hears of it. */
export interface OwnRedisParts {
  readonly source: ConnectionSource;
  /** How `CLIENT LIST` shows it. */
  readonly name: string;
  readonly runtime: Runtime;
  /** @returns the glob that allows a key, or a channel, to say what right is missing. */
  patternOf(key: string): string;
  /** It was silent for so long that it is replaced now. */
  onSilent(): void;
  /** The server began to owe an answer for some seconds, or does so no more. */
  onLate(): void;
}

/** A `Redis` of ioredis that is ours: opened again after every loss, and replaced where it goes silent or leads to the wrong server. */
export class OwnRedis {
  readonly watchdog: Watchdog;
  readonly destination: Destination;
  /** Out of what `util.inspect` shows, as are its options: the password is among them. */
  readonly #redis: Redis;
  private isClosed = false;
  /** How often it was lost while an answer was waited for, or could not be made. */
  private losses = 0;
  private reopenTimer: Timer | undefined;
  /** The socket to a server that turned out to be the wrong one. */
  private wrongServerSocket: Socket | undefined;

  constructor(private readonly parts: OwnRedisParts) {
    const { source, name, runtime } = parts;
    this.#redis = source({
      ...CONNECTION_OPTIONS,
      connectionName: name,
      // A connection to a server that takes no writes is replaced; the command that found out fails with the refusal.
      reconnectOnError: (error) => this.mustReconnect(error),
    });
    this.destination = new Destination(this.#redis);
    this.watchdog = new Watchdog(runtime, () => trafficOn(this.socket), {
      onSilent: () => {
        parts.onSilent();
        this.replace();
      },
      onLate: () => parts.onLate(),
    });
    this.#redis.on('connect', () => void this.watchdog.watch(this.handshake()));
    this.#redis.on('close', () => {
      if (this.watchdog.isWaiting) {
        this.noteLoss();
      }
    });
    this.#redis.on('end', () => this.reopen());
  }

  get redis(): Redis {
    return this.#redis;
  }

  /** There is none before it has ever connected. */
  get socket(): Socket | undefined {
    return this.#redis.stream as Socket | undefined;
  }

  /**
   * @param runId - of the server that it is connected to, where that tells it.
   * @returns what is the same for as long as the server can be reached without a loss.
   */
  pathTo(runId: string | undefined): unknown {
    // Where the server does not tell which one it is, the socket tells one connection from the next.
    return runId === undefined ? this.socket : `${runId} ${this.losses}`;
  }

  /** The connection was lost while an answer was waited for, or could not be made. */
  noteLoss(): void {
    this.losses++;
  }

  /** Begins to connect if nothing did yet. */
  open(): void {
    if (this.#redis.status === 'wait') {
      this.connect();
    }
  }

  /** Sends one command that is no operation. One that is not answered for long costs the connection. */
  send<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    return this.watchdog.watch(command(this.#redis));
  }

  /** Gives the connection up and makes another one. */
  replace(): void {
    this.noteLoss();
    this.#redis.disconnect(true);
    // By itself ioredis would wait for the other end, which says nothing.
    this.socket?.destroy();
  }

  close(): void {
    this.isClosed = true;
    this.parts.runtime.clear(this.reopenTimer);
    this.#redis.disconnect();
  }

  private connect(): void {
    // A failure shows as an error event, and ioredis tries again.
    this.#redis.connect().catch(() => undefined);
  }

  /** ioredis gives up where it is told to disconnect, by whomever, and where that meets an attempt to connect. */
  private reopen(): void {
    if (!this.isClosed) {
      const { runtime } = this.parts;
      runtime.clear(this.reopenTimer);
      this.reopenTimer = runtime.setTimeout(() => this.connect(), REOPEN_DELAY_MS);
    }
  }

  /** Whether a refusal is the first to say that the server is the wrong one: all that are underway say so. */
  private mustReconnect(error: Error): boolean {
    const { address, placement } = this.destination;
    noteRefusal(error, {
      address,
      user: placement.user ?? 'default',
      patternOf: (key) => this.parts.patternOf(key),
    });
    const isFirst =
      meaningOfRefusal(error) === 'wrong server' && this.wrongServerSocket !== this.socket;
    if (isFirst) {
      this.wrongServerSocket = this.socket;
    }
    return isFirst;
  }

  /** Resolves when the server has answered what ioredis asks of a new connection, or the connection is lost. */
  private handshake(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#redis.off('ready', end);
        this.#redis.off('close', end);
        resolve();
      };
      this.#redis.on('ready', end);
      this.#redis.on('close', end);
    });
  }
}
