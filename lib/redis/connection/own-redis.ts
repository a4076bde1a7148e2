import type { Socket } from 'node:net';
import type { Redis } from 'ioredis';
import { meaningOfRefusal } from '../../driver/refusal.js';
import type { Runtime, Timer } from '../../driver/runtime.js';
import { noteRefusal } from '../operations/refused-call.js';
import type { ConnectionSource } from '../topology/connection-source.js';
import { Destination } from '../topology/destination.js';
import { setServerName } from '../topology/server-name-indication.js';
import { CONNECTION_OPTIONS } from './connection-options.js';
import { trafficOn } from './traffic.js';
import { Watchdog } from './watchdog.js';

/** Wait before a connection that ioredis has given up is opened again. */
const REOPEN_DELAY_MS = 500;

/** How a connection is made, and who is notified of it. */
export interface OwnRedisParts {
  readonly source: ConnectionSource;
  /** Its name in `CLIENT LIST`. */
  readonly name: string;
  readonly runtime: Runtime;
  /** @returns the ACL pattern for a key or channel, for messages about missing permissions. */
  patternOf(key: string): string;
  /** Is called when the connection was silent for so long that it is replaced. */
  onSilent(): void;
  /** Is called when an answer becomes late, and when it no longer is. */
  onLate(): void;
}

/** A `Redis` of ioredis that the library owns: opened again after every loss, and replaced if it is silent or the server is wrong. */
export class OwnRedis {
  readonly watchdog: Watchdog;
  readonly destination: Destination;
  /** Private, so that `util.inspect` does not show its options, which hold the password. */
  readonly #redis: Redis;
  private isClosed = false;
  /** How often it was lost while a command was unanswered, or could not be made. */
  private losses = 0;
  private reopenTimer: Timer | undefined;
  /** The socket to a server that turned out to be the wrong one. */
  private wrongServerSocket: Socket | undefined;

  constructor(private readonly parts: OwnRedisParts) {
    const { source, name, runtime } = parts;
    this.#redis = source({
      ...CONNECTION_OPTIONS,
      connectionName: name,
      // A connection to a server that accepts no writes is replaced. The refused command fails with the refusal.
      reconnectOnError: (error) => this.mustReconnect(error),
    });
    setServerName(this.#redis.options);
    this.destination = new Destination(this.#redis, source.clusterSlot);
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
    // ioredis listens to one error of a socket. A TLS socket may emit a second one (its server's alert about a refused
    // certificate), which would end the process.
    this.#redis.on('error', () => this.socket?.on('error', () => undefined));
  }

  get redis(): Redis {
    return this.#redis;
  }

  /** `undefined` before the first attempt to connect. */
  get socket(): Socket | undefined {
    return this.#redis.stream as Socket | undefined;
  }

  /**
   * @param runId - `run_id` of the server, if it tells.
   * @returns a value that stays the same until a loss or a change of the server.
   */
  pathTo(runId: string | undefined): unknown {
    // Without a `run_id`, only the socket distinguishes one connection from the next.
    return runId === undefined ? this.socket : `${runId} ${this.losses}`;
  }

  /** Counts a loss: the connection was lost while a command was unanswered, or could not be made. */
  noteLoss(): void {
    this.losses++;
  }

  /** Starts to connect, if that has not happened yet. */
  open(): void {
    if (this.#redis.status === 'wait') {
      this.connect();
    }
  }

  /** Sends one command that is not an operation. If it is not answered for long, the connection is replaced. */
  send<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    return this.watchdog.watch(command(this.#redis));
  }

  /** Closes the connection and makes another one. */
  replace(): void {
    this.noteLoss();
    this.#redis.disconnect(true);
    // ioredis would wait for the other end, which is silent.
    this.socket?.destroy();
  }

  close(): void {
    this.isClosed = true;
    this.parts.runtime.clear(this.reopenTimer);
    this.#redis.disconnect();
  }

  private connect(): void {
    // A failure emits an error event, and ioredis tries again.
    this.#redis.connect().catch(() => undefined);
  }

  /** Opens the connection again: ioredis gives up after any `disconnect()`, and if that interrupts an attempt to connect. */
  private reopen(): void {
    if (!this.isClosed) {
      const { runtime } = this.parts;
      runtime.clear(this.reopenTimer);
      this.reopenTimer = runtime.setTimeout(() => this.connect(), REOPEN_DELAY_MS);
    }
  }

  /** Whether the server has said that it is the wrong one, so that the connection closes when it has answered everything. */
  get isLeaving(): boolean {
    return this.socket !== undefined && this.wrongServerSocket === this.socket;
  }

  /** Tells whether to reconnect: at the first refusal that says that the server is wrong. All commands in flight get one. */
  private mustReconnect(error: Error): boolean {
    const { address, placement } = this.destination;
    noteRefusal(error, {
      address,
      user: placement.user ?? 'default',
      patternOf: (key) => this.parts.patternOf(key),
    });
    const isFirst = meaningOfRefusal(error) === 'wrong server' && !this.isLeaving;
    if (isFirst) {
      this.wrongServerSocket = this.socket;
      this.destination.refused(error);
    }
    return isFirst;
  }

  /** Resolves when ioredis has finished its own handshake on a new connection, or the connection is lost. */
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
