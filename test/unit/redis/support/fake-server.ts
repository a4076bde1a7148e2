import { onTestFinished } from 'vitest';
import type { Redis, RedisOptions } from 'ioredis';
import { Connection, type ConnectionParts } from '../../../../lib/redis/connection/connection.js';
import { Connections } from '../../../../lib/redis/connections.js';
import type { ConnectionSource } from '../../../../lib/redis/topology/connection-source.js';
import { VirtualRuntime } from '../../../support/virtual-runtime.js';
import { KeptLog } from '../../support/kept-log.js';
import { FakeRedis } from './fake-redis.js';

/** Returns the answer of a command, throws its refusal, or returns {@link NEVER} for no answer. */
export type Answer = (args: readonly unknown[], line: FakeRedis) => unknown;

/** No answer until the connection is lost. */
export const NEVER = Symbol('never');

/** A refusal of Redis. */
export const refusal = (message: string): Error =>
  Object.assign(new Error(message), { name: 'ReplyError' });

/** A server in virtual time, whose answers a test sets, and the connections to it. */
export class FakeServer {
  readonly runtime = new VirtualRuntime(1_000);
  readonly log = new KeptLog(this.runtime);
  /** Received commands with their connections, in the order of arrival. */
  readonly asked: string[] = [];
  /** Whether it accepts connections. */
  isUp = true;
  runId = 'run-1';
  /** Additional lines of `INFO`. */
  info: readonly string[] = [];
  private accepted = 0;
  private readonly lines: FakeRedis[] = [];
  private readonly answers = new Map<string, Answer>([
    ['info', () => [`run_id:${this.runId}`, 'redis_version:7.4.0', ...this.info].join('\r\n')],
    ['command', () => [['blmove']]],
    [
      'client',
      ([what], line) => (what === 'INFO' ? `id=${line.id} addr=${line.address} db=0` : 'OK'),
    ],
    ['time', () => [1_000, 0]],
    ['ping', () => 'PONG'],
  ]);

  /** @param options - ioredis options of the connections. */
  constructor(private readonly options: RedisOptions = {}) {}

  /** Creates connections as the module does; they are not connected yet. */
  readonly source: ConnectionSource = (overrides: RedisOptions) => {
    const line = new FakeRedis(this, { host: 'fake', port: 6379, ...this.options, ...overrides });
    this.lines.push(line);
    return line as unknown as Redis;
  };

  /** Sets the answer of a command, by its method name in ioredis. */
  answer(command: string, answer: Answer): void {
    this.answers.set(command, answer);
  }

  /** @throws the refusal of the command. */
  ask(command: string, args: readonly unknown[], line: FakeRedis): unknown {
    this.asked.push([line.id, command, ...args].join(' '));
    return this.answers.get(command)?.(args, line) ?? 'OK';
  }

  /** @returns the id of a new connection. */
  accept(): number {
    return ++this.accepted;
  }

  /** Closes all connections; ioredis reconnects or gives up. */
  closeAll(willReconnect = true): void {
    this.lines.forEach((line) => line.lose(willReconnect));
  }

  publish(channel: string, message: string): void {
    this.lines.forEach((line) => line.emit('message', channel, message));
  }

  /** Creates one connection for one test. */
  connection(parts: ConnectionParts = {}): Connection {
    const connection = new Connection(this.source, 'test', { runtime: this.runtime, ...parts });
    onTestFinished(() => connection.close());
    return connection;
  }

  /** Creates all connections of a module for one test. */
  connections(): Connections {
    const connections = new Connections(this.source, 'test', this.log, undefined, this.runtime);
    onTestFinished(() => connections.close());
    return connections;
  }
}
