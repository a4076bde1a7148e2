import { once } from 'node:events';
import type { ChainableCommander, Redis, RedisOptions } from 'ioredis';
import type { ConnectionSource } from './connection-source.js';
import type { Script } from './script.js';

/** Waits between attempts to reconnect, ms: soon at first, then once a second for as long as it takes. */
const reconnectDelay = (attempt: number): number => Math.min(50 * attempt, 1_000);

/**
 * What our connections need, whatever the application sets for its own. Nothing is queued or sent twice behind
 * our back: a command that the connection could not finish fails at once, and its sender knows whether to repeat
 * it. (With `autoResendUnfulfilledCommands` off, ioredis fails commands in flight only by way of
 * `maxRetriesPerRequest`.)
 */
const OPTIONS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: reconnectDelay,
  commandTimeout: undefined,
  socketTimeout: undefined,
  enableAutoPipelining: false,
  stringNumbers: false,
  monitor: false,
} satisfies RedisOptions;

export type ConnectionState = 'idle' | 'connecting' | 'ready' | 'reconnecting' | 'closed';

type Command = (...args: unknown[]) => Promise<unknown>;

/** One connection that we own: opened on first use, open again after every loss, until it is closed. */
export class Connection {
  readonly redis: Redis;
  /** Its id on the server, as `CLIENT LIST` shows it; `undefined` where the server does not tell. */
  id: number | undefined;
  private wasReady = false;
  private closed = false;
  private readonly defined = new Set<string>();

  /**
   * @param name - how `CLIENT LIST` shows it.
   * @param onChange - hears of every change of {@link state}, and of the error behind it where there is one.
   */
  constructor(
    source: ConnectionSource,
    readonly name: string,
    onChange: (error?: Error) => void,
  ) {
    this.redis = source({ ...OPTIONS, connectionName: name });
    this.redis.on('ready', () => {
      this.wasReady = true;
      this.redis.client('ID').then(
        (id) => {
          this.id = id;
        },
        () => undefined,
      );
      onChange();
    });
    this.redis.on('close', () => {
      this.id = undefined;
      onChange();
    });
    for (const event of ['connecting', 'reconnecting', 'end']) {
      this.redis.on(event, () => onChange());
    }
    this.redis.on('error', (error: Error) => onChange(error));
  }

  get state(): ConnectionState {
    if (this.closed || this.redis.status === 'end') {
      return 'closed';
    }
    if (this.redis.status === 'wait') {
      return 'idle';
    }
    if (this.redis.status === 'ready') {
      return 'ready';
    }
    return this.wasReady ? 'reconnecting' : 'connecting';
  }

  /** Connects if nothing did yet, and waits for as long as it takes. Rejects once the connection is closed. */
  async ready(): Promise<void> {
    while (this.state !== 'ready') {
      this.open();
      const settled = new AbortController();
      try {
        await Promise.race([
          once(this.redis, 'ready', { signal: settled.signal }),
          once(this.redis, 'end', { signal: settled.signal }),
        ]);
      } catch {
        // `once` rejects on an error event, too; ioredis goes on trying after it.
      } finally {
        settled.abort();
      }
    }
  }

  /** Begins to connect if nothing did yet. */
  open(): void {
    if (this.state === 'closed') {
      throw new Error(`The connection ${this.name} is closed`);
    }
    if (this.redis.status === 'wait') {
      // A failure shows as an error event, and ioredis tries again.
      this.redis.connect().catch(() => undefined);
    }
  }

  async run<Input, Output>(script: Script<Input, Output>, input: Input): Promise<Output> {
    return script.read(await this.call(this.redis, script, input));
  }

  /**
   * Sends commands in one write and waits for all answers.
   * @param fill - adds the commands; `addScript` adds a script.
   * @returns an answer or an `Error` for each command.
   */
  async pipeline(
    fill: (commands: ChainableCommander, addScript: AddScript) => void,
  ): Promise<unknown[]> {
    const commands = this.redis.pipeline();
    fill(commands, (script, input) => {
      void this.call(commands, script, input);
    });
    const answers = (await commands.exec()) ?? [];
    return answers.map(([error, answer]) => error ?? answer);
  }

  /** As {@link pipeline}. @throws the first error among the answers. */
  async allOrError(
    fill: (commands: ChainableCommander, addScript: AddScript) => void,
  ): Promise<unknown[]> {
    const answers = await this.pipeline(fill);
    const error = answers.find((answer) => answer instanceof Error);
    if (error) {
      throw error;
    }
    return answers;
  }

  /** Cuts the connection so that it is made anew; what was in flight fails. */
  reconnect(): void {
    this.redis.disconnect(true);
  }

  close(): void {
    this.closed = true;
    this.redis.disconnect();
  }

  private call<Input>(
    target: Redis | ChainableCommander,
    script: Script<Input, unknown>,
    input: Input,
  ): Promise<unknown> {
    if (!this.defined.has(script.name)) {
      this.defined.add(script.name);
      this.redis.defineCommand(script.name, { lua: script.lua });
    }
    const keys = script.keys(input);
    // A pipeline has the commands that were defined when it was made; the connection's own serve both.
    const command = Reflect.get(this.redis, script.name) as Command;
    return command.call(target, keys.length, ...keys, ...script.args(input));
  }
}

export type AddScript = <Input>(script: Script<Input, unknown>, input: Input) => void;

/** Whether Redis itself answered with an error, rather than the connection breaking before an answer came. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}
