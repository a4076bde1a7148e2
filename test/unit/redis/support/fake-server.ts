import { onTestFinished } from 'vitest';
import type { Redis, RedisOptions } from 'ioredis';
import { Connection, type ConnectionParts } from '../../../../lib/redis/connection/connection.js';
import { Connections } from '../../../../lib/redis/connections.js';
import type { ConnectionSource } from '../../../../lib/redis/topology/connection-source.js';
import { VirtualRuntime } from '../../../support/virtual-runtime.js';
import { KeptLog } from '../../support/kept-log.js';
import { FakeRedis } from './fake-redis.js';

/** What a command is answered with. It throws what Redis refuses it with; {@link NEVER} leaves it without an answer. */
export type Answer = (args: readonly unknown[], line: FakeRedis) => unknown;

/** No answer, until the connection breaks. */
export const NEVER = Symbol('never');

/** What Redis refuses a command with. */
export const refusal = (message: string): Error =>
  Object.assign(new Error(message), { name: 'ReplyError' });

/** A server in virtual time that answers as a test says, and the connections to it. */
export class FakeServer {
  readonly runtime = new VirtualRuntime(1_000);
  readonly log = new KeptLog(this.runtime);
  /** What the server was asked, by which connection, in the order of arrival. */
  readonly asked: string[] = [];
  /** Whether it takes connections. */
  isUp = true;
  runId = 'run-1';
  /** Lines of `INFO` behind the first ones. */
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

  /** @param options - where the connections are told to lead. */
  constructor(private readonly options: RedisOptions = {}) {}

  /** Makes connections as the module does; nothing is connected yet. */
  readonly source: ConnectionSource = (overrides: RedisOptions) => {
    const line = new FakeRedis(this, { host: 'fake', port: 6379, ...this.options, ...overrides });
    this.lines.push(line);
    return line as unknown as Redis;
  };

  /** Sets what is answered to a command from now on, by the name of the method of ioredis. */
  answer(command: string, answer: Answer): void {
    this.answers.set(command, answer);
  }

  /** @throws what the command is refused with. */
  ask(command: string, args: readonly unknown[], line: FakeRedis): unknown {
    this.asked.push([line.id, command, ...args].join(' '));
    return this.answers.get(command)?.(args, line) ?? 'OK';
  }

  /** @returns the id of a new connection. */
  accept(): number {
    return ++this.accepted;
  }

  /** Closes all connections, behind which ioredis connects again or gives up. */
  closeAll(willReconnect = true): void {
    this.lines.forEach((line) => line.lose(willReconnect));
  }

  publish(channel: string, message: string): void {
    this.lines.forEach((line) => line.emit('message', channel, message));
  }

  /** One connection for one test. */
  connection(parts: ConnectionParts = {}): Connection {
    const connection = new Connection(this.source, 'test', { runtime: this.runtime, ...parts });
    onTestFinished(() => connection.close());
    return connection;
  }

  /** All connections of a module for one test. */
  connections(): Connections {
    const connections = new Connections(this.source, 'test', this.log, undefined, this.runtime);
    onTestFinished(() => connections.close());
    return connections;
  }
}
