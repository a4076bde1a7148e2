import type { Writable } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Redis, RedisOptions } from 'ioredis';
import type { ConnectionSource } from './connection-source.js';
import { isRefusal, meaningOfRefusal } from './refusal.js';
import { parseServer, type ServerFacts } from './server-facts.js';
import { argumentsOf, digestOf, type Script } from './script.js';
import { Watchdog } from './watchdog.js';

/** Waits between attempts to reconnect, ms: soon at first, then once a second for as long as it takes. */
const reconnectDelay = (attempt: number): number => Math.min(50 * attempt, 1_000);

/** Wait before a server is asked again that loads its data, or is a replica, ms. */
const UNREADY_DELAY = 500;

/** Wait before a connection is opened that ioredis has given up, ms. */
const REOPEN_DELAY = 500;

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
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  retryStrategy: reconnectDelay,
  commandTimeout: undefined,
  socketTimeout: undefined,
  // ioredis holds the process for that long after a connection that was never made.
  disconnectTimeout: 500,
  enableAutoPipelining: false,
  stringNumbers: false,
  monitor: false,
  // Whether the server is ready is asked by us: ioredis gives up where INFO is refused, and knows no role without Sentinel.
  enableReadyCheck: false,
  // A connection to a server that takes no writes is replaced; the command that found out fails with the refusal.
  reconnectOnError: (error) => meaningOfRefusal(error) === 'wrong server',
} satisfies RedisOptions;

export type ConnectionState = 'idle' | 'connecting' | 'ready' | 'reconnecting' | 'closed';

type Command = (...args: unknown[]) => Promise<unknown>;

/** Runs a script on the connection. */
type RunScript = <Input, Output>(script: Script<Input, Output>, input: Input) => Promise<Output>;

type SendCalls<Calls> = (redis: Redis, run: RunScript) => Calls;

type Settled<Calls> = {
  -readonly [Index in keyof Calls]: PromiseSettledResult<Awaited<Calls[Index]>>;
};
type Answers<Calls> = { -readonly [Index in keyof Calls]: Awaited<Calls[Index]> };

/** How the server knows a connection. Only all together tell one: a server that restarts counts its ids anew. */
export interface ConnectionIdentity {
  readonly id: number;
  /** Address and port of our end, as the server sees them; the same for all clients on a Unix socket. */
  readonly address: string;
  /** The `run_id` of the server, a new one each time it starts; `undefined` where it does not tell. */
  readonly server: string | undefined;
}

/** One connection that we own: opened on first use, open again after every loss, until it is closed. */
export class Connection {
  readonly redis: Redis;
  /** `undefined` while it is not ready, and where the server does not tell. */
  identity: ConnectionIdentity | undefined;
  /** What the server last said of itself; `undefined` before it has, and where it refuses to. */
  server: ServerFacts | undefined;
  /** Connections before this one that were lost to us, but perhaps not yet to the server. */
  private lost: ConnectionIdentity[] = [];
  private wasReady = false;
  private isIntroduced = false;
  private isClosed = false;
  private waiters: (() => void)[] = [];
  private opening: NodeJS.Timeout | undefined;
  private readonly watchdog = new Watchdog(() => this.redis.disconnect(true));
  private readonly defined = new Set<string>();

  /**
   * @param name - how `CLIENT LIST` shows it.
   * @param onChange - hears of every change of {@link state}, and of the error behind it where there is one.
   */
  constructor(
    source: ConnectionSource,
    readonly name: string,
    private readonly onChange: (error?: Error) => void,
  ) {
    this.redis = source({ ...OPTIONS, connectionName: name });
    this.redis.on('connect', () => void this.watchdog.watch(this.handshake()));
    this.redis.on('ready', () => void this.introduce());
    this.redis.on('close', () => this.forgetIdentity());
    for (const event of ['connecting', 'close', 'reconnecting', 'end']) {
      this.redis.on(event, () => this.changed());
    }
    this.redis.on('end', () => this.openAgain());
    this.redis.on('error', (error: Error) => this.changed(error));
  }

  get state(): ConnectionState {
    if (this.isClosed) {
      return 'closed';
    }
    if (this.redis.status === 'wait') {
      return 'idle';
    }
    // A connection whose other end has gone is not writable some turns before ioredis says that it is closed.
    if (this.redis.status === 'ready' && this.isIntroduced && this.redis.stream.writable) {
      return 'ready';
    }
    return this.wasReady ? 'reconnecting' : 'connecting';
  }

  /** How the server may know it, now and before. */
  get identities(): readonly ConnectionIdentity[] {
    return this.identity ? [...this.lost, this.identity] : this.lost;
  }

  /** Connects if nothing did yet, and waits for as long as it takes. Rejects once the connection is closed. */
  async ready(): Promise<void> {
    while (this.state !== 'ready') {
      this.open();
      await new Promise<void>((resolve) => this.waiters.push(resolve));
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

  /** Sends one command. One that is not answered for long costs the connection. */
  send<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    return this.watchdog.watch(command(this.redis));
  }

  run<Input, Output>(script: Script<Input, Output>, input: Input): Promise<Output> {
    return this.watchdog.watch(this.call(script, input));
  }

  /**
   * Runs a script and sends commands behind it in one write, the last of which blocks, so that nothing can follow it soon. The
   * script is refused where the server does not know it, since its text would have to wait for that command.
   */
  runAhead<Input, Output, const Calls extends readonly Promise<unknown>[]>(
    script: Script<Input, Output>,
    input: Input,
    send: (redis: Redis) => Calls,
  ): { readonly output: Promise<Output>; readonly calls: Calls } {
    const keys = script.keys(input);
    const [output, calls] = this.inOneWrite((redis) => [
      redis.evalsha(digestOf(script.lua), keys.length, ...keys, ...argumentsOf(script, input)),
      send(redis),
    ]);
    void this.watchdog.watch(Promise.allSettled([output, ...calls]));
    return { output: output.then((result) => script.read(result)), calls };
  }

  /**
   * Sends several commands in one write and waits until all are answered or have failed. (A pipeline of ioredis would do
   * so, too, but each has a hidden class of its own, which keeps all that went through it from being collected young.)
   */
  settled<const Calls extends readonly Promise<unknown>[]>(
    send: SendCalls<Calls>,
  ): Promise<Settled<Calls>> {
    return this.watchdog.watch(Promise.allSettled(this.inOneWrite(send)));
  }

  /** As {@link settled}. @throws the first error among the answers. */
  async all<const Calls extends readonly Promise<unknown>[]>(
    send: SendCalls<Calls>,
  ): Promise<Answers<Calls>> {
    const calls = this.inOneWrite(send);
    await this.watchdog.watch(Promise.allSettled(calls));
    return Promise.all(calls);
  }

  /**
   * Sends commands that the server carries out as one step.
   * @returns the error or the answer of each.
   * @throws what one of them is refused with before any is carried out.
   */
  async transaction(
    send: (redis: Redis) => readonly Promise<unknown>[],
  ): Promise<readonly (readonly [error: Error | null, answer: unknown])[]> {
    const [, , done] = await this.all((redis) => [
      redis.multi({ pipeline: false }),
      Promise.all(send(redis)),
      redis.exec(),
    ]);
    return done ?? [];
  }

  /** Makes the server close another connection, if that still stands. */
  async cut({ id, address }: ConnectionIdentity): Promise<void> {
    await this.send((redis) => redis.call('CLIENT', 'KILL', 'ID', id, 'ADDR', address));
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.opening);
    this.redis.disconnect();
    this.changed();
  }

  /** Resolves when the server has answered what ioredis asks of a new connection, or the connection is lost. */
  private async handshake(): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = (): void => {
        this.redis.off('ready', end);
        this.redis.off('close', end);
        resolve();
      };
      this.redis.on('ready', end);
      this.redis.on('close', end);
    });
  }

  /**
   * Waits until the server takes writes, learns how it knows this connection, and makes it forget those before: a command
   * that they still hold in some buffer must not be carried out after what this one is about to do.
   */
  private async introduce(): Promise<void> {
    try {
      this.server = parseServer(await this.askFor((redis) => redis.info()));
      if (this.server?.isReplica || this.server?.isLoading) {
        await this.tryAnother(this.server.isReplica);
        return;
      }
      this.identity = parseClient(
        await this.askFor((redis) => redis.client('INFO')),
        this.server?.runId,
      );
      // Those of a server that has ended are gone with it, and their ids are those of others now.
      for (const identity of this.lost.filter(({ server }) => server === this.server?.runId)) {
        await this.cut(identity);
      }
    } catch (error) {
      if (!isRefusal(error)) {
        return; // lost again; the next one introduces itself
      }
      if (meaningOfRefusal(error) !== 'stays') {
        await this.tryAnother(false);
        return;
      }
      // It may not kill, and has to trust that the server notices the loss as soon as we do.
    }
    this.lost = [];
    this.wasReady = true;
    this.isIntroduced = true;
    this.changed();
  }

  /** @returns what the server tells; `undefined` where it never will. */
  private async askFor(question: (redis: Redis) => Promise<unknown>): Promise<string | undefined> {
    try {
      return String(await this.send(question));
    } catch (error) {
      if (meaningOfRefusal(error) === 'stays') {
        return undefined;
      }
      throw error;
    }
  }

  /** Tries again with a server that is not ready, on another connection where the name may lead to another server by then. */
  private async tryAnother(isWrongServer: boolean): Promise<void> {
    const { stream } = this.redis;
    await delay(UNREADY_DELAY, undefined, { ref: false });
    if (this.redis.status !== 'ready' || this.redis.stream !== stream) {
      return; // lost meanwhile; the next one introduces itself
    }
    if (isWrongServer) {
      this.redis.disconnect(true);
    } else {
      await this.introduce();
    }
  }

  /** ioredis gives up where it is told to disconnect, by whomever, and where that meets an attempt to connect. */
  private openAgain(): void {
    if (!this.isClosed) {
      clearTimeout(this.opening);
      this.opening = setTimeout(() => {
        this.redis.connect().catch(() => undefined);
      }, REOPEN_DELAY);
    }
  }

  private forgetIdentity(): void {
    this.isIntroduced = false;
    if (this.identity) {
      this.lost.push(this.identity);
      this.identity = undefined;
    }
  }

  private changed(error?: Error): void {
    this.onChange(error);
    for (const resolve of this.waiters.splice(0)) {
      resolve();
    }
  }

  private inOneWrite<const Calls>(send: SendCalls<Calls>): Calls {
    // There is none before it has ever connected.
    const stream: Writable | undefined = this.redis.stream;
    stream?.cork();
    try {
      return send(this.redis, (script, input) => this.call(script, input));
    } finally {
      stream?.uncork();
    }
  }

  private async call<Input, Output>(script: Script<Input, Output>, input: Input): Promise<Output> {
    if (!this.defined.has(script.name)) {
      this.defined.add(script.name);
      this.redis.defineCommand(script.name, { lua: script.lua });
    }
    const command = Reflect.get(this.redis, script.name) as Command;
    const keys = script.keys(input);
    const args = argumentsOf(script, input);
    return script.read(await command.call(this.redis, keys.length, ...keys, ...args));
  }
}

/**
 * Reads one line of `CLIENT LIST` or `CLIENT INFO`.
 * @param server - the `run_id` of the server that it is of.
 */
export function parseClient(
  line: string | undefined,
  server: string | undefined,
): ConnectionIdentity | undefined {
  const id = /\bid=(\d+)/.exec(line ?? '')?.[1];
  const address = /\baddr=(\S+)/.exec(line ?? '')?.[1];
  return id !== undefined && address !== undefined
    ? { id: Number(id), address, server }
    : undefined;
}

/** How long to wait after Redis refused something, ms. */
const REFUSED_DELAY = 1_000;

/**
 * Waits before something that failed is tried again: for a while after a refusal, else for one turn of the event
 * loop at least. Without it, a call that fails at once would keep the loop from ever hearing of a new connection.
 */
export async function beforeRetry(error: unknown): Promise<void> {
  await (isRefusal(error) ? delay(REFUSED_DELAY, undefined, { ref: false }) : nextTurn());
}
