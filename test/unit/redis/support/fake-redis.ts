import { EventEmitter } from 'node:events';
import type { RedisOptions } from 'ioredis';
import type { FakeServer } from './fake-server.js';

/** Commands of ioredis that are sent to the server. */
const COMMANDS =
  'info command client time ping call select subscribe llen rpush lrange blpop evalsha eval';

/** Delay of a reconnect. */
const RECONNECT_MS = 50;

/** A connection of ioredis to a {@link FakeServer}, as far as the library uses it. */
export class FakeRedis extends EventEmitter {
  status = 'wait';
  stream: FakeSocket | undefined;
  /** Client id that the server gave. */
  id = 0;
  private waiting: ((error: Error) => void)[] = [];
  private retry: ReturnType<FakeServer['runtime']['setTimeout']> | undefined;

  constructor(
    private readonly server: FakeServer,
    readonly options: RedisOptions,
  ) {
    super();
    COMMANDS.split(' ').forEach((command) => this.defineCommand(command));
  }

  /** Defines a script as a method. */
  defineCommand(name: string): void {
    Object.assign(this, { [name]: (...args: unknown[]) => this.ask(name, args) });
  }

  get address(): string {
    return `10.0.0.1:${this.id}`;
  }

  async connect(): Promise<void> {
    this.become('connecting');
    await Promise.resolve();
    if (this.status !== 'connecting') {
      throw new Error('Connection is closed.');
    }
    if (!this.server.isUp) {
      const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      this.emit('error', error);
      this.lose();
      throw error;
    }
    this.id = this.server.accept();
    this.stream = new FakeSocket(() => this.lose());
    this.become('connect');
    this.become('ready');
  }

  /** Loses the connection: pending commands get no answer. */
  lose(willReconnect = true): void {
    if (this.status === 'wait' || this.status === 'reconnecting' || this.status === 'end') {
      return;
    }
    const { waiting } = this;
    this.waiting = [];
    if (this.stream) {
      this.stream.writable = false;
      this.stream.destroyed = true;
    }
    waiting.forEach((reject) => reject(new Error('Connection is closed.')));
    this.become('close');
    if (willReconnect) {
      this.become('reconnecting');
      this.retry = this.server.runtime.setTimeout(() => {
        this.connect().catch(() => undefined);
      }, RECONNECT_MS);
    } else {
      this.become('end');
    }
  }

  disconnect(willReconnect = false): void {
    if (!willReconnect) {
      this.server.runtime.clear(this.retry);
    }
    this.lose(willReconnect);
  }

  private async ask(command: string, args: readonly unknown[]): Promise<unknown> {
    if (this.status !== 'ready') {
      throw new Error("Stream isn't writeable and enableOfflineQueue options is false");
    }
    return new Promise((resolve, reject) => {
      this.waiting.push(reject);
      const { stream } = this;
      this.server.runtime.setImmediate(() => {
        if (stream !== this.stream || stream?.destroyed) {
          return;
        }
        try {
          const answer = this.server.ask(command, args, this);
          if (typeof answer !== 'symbol') {
            this.heard();
            resolve(answer);
          }
        } catch (error) {
          this.heard();
          reject(error);
          if (this.options.reconnectOnError?.(error as Error)) {
            this.disconnect(true);
          }
        }
      });
    });
  }

  private heard(): void {
    if (this.stream) {
      this.stream.bytesRead++;
    }
  }

  private become(status: string): void {
    this.status = status;
    this.emit(status);
  }
}

/** The properties of a socket that the library reads. */
class FakeSocket extends EventEmitter {
  writable = true;
  destroyed = false;
  bytesRead = 0;
  bytesWritten = 0;
  writableLength = 0;

  /** @param onDestroyed - is called when the client closes the socket. */
  constructor(private readonly onDestroyed: () => void) {
    super();
  }

  cork(): void {}

  uncork(): void {}

  destroy(): void {
    this.onDestroyed();
  }
}
