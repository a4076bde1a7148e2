import type { Socket } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Redis } from 'ioredis';
import { propertyOf } from '../../errors/error-text.js';
import { parseClient, type LineIdentity } from '../../protocol/wire/line-identity.js';
import { silenceOf, troubleOf, whereOf, type Target } from './connection-failure.js';
import { CONNECTION_OPTIONS } from './connection-options.js';
import type { ConnectionSource } from '../topology/connection-source.js';
import { introduce, type Introduction } from './introduction.js';
import { noteRefusal } from '../operations/refused-call.js';
import { Patience } from './patience.js';
import type { Placement } from './placement.js';
import { codeOfRefusal, isRefusal, meaningOfRefusal } from '../../driver/refusal.js';
import type { ConnectionState, Line, Outputs, Settled, StartCalls } from '../../driver/line.js';
import type { Command, Operation, Script, Transaction } from '../../driver/operation.js';
import { argumentsOf, digestOf } from '../operations/script.js';
import type { ServerFacts } from './server-facts.js';
import { serverName } from '../topology/server-name.js';
import { probe, type Findings, type Place } from './server-probe.js';
import { ServerTroubleError, UnusableServerError } from '../../driver/server-trouble.js';
import { trafficOn } from './traffic.js';
import { Watchdog } from './watchdog.js';
import { Gate } from '../../driver/gate.js';

/** Wait before a server is asked again that loads its data, or is a replica, ms. */
const UNREADY_DELAY_MS = 500;

/** Wait before a server is asked again that cannot serve us until somebody changes it, ms. */
const UNUSABLE_DELAY_MS = 5_000;

/** Wait before a connection is opened that ioredis has given up, ms. */
const REOPEN_DELAY_MS = 500;

/** How long a server may take to answer after a quiet time, ms. */
const CHECK_TIMEOUT_MS = 1_000;

/** What came of an attempt to get to know the server. */
type Meeting =
  | { readonly outcome: 'done' }
  | {
      readonly outcome: Exclude<Introduction['outcome'], 'known'>;
      readonly trouble: ServerTroubleError;
    };

const DONE: Meeting = { outcome: 'done' };

type Method = (...args: unknown[]) => Promise<unknown>;

/** One connection that we own: opened on first use, open again after every loss, until it is closed. */
export class Connection implements Line {
  /** `undefined` while it is not ready, and where the server does not tell. */
  identity: LineIdentity | undefined;
  /** What the server says of itself; `undefined` while it is not ready, and where the server refuses to. */
  server: ServerFacts | undefined;
  /** Why the server cannot serve us, until it can. */
  obstacle: UnusableServerError | undefined;
  /** That the server owes an answer for some seconds, while it does. */
  silence: ServerTroubleError | undefined;
  /** Out of what `util.inspect` shows, as are its options: the password is among them. */
  readonly #redis: Redis;
  /** Connections before this one that were lost to us, but perhaps not yet to the server. */
  private lost: LineIdentity[] = [];
  private wasReady = false;
  private isIntroduced = false;
  private isClosed = false;
  /** Whether it is known why the connection that is being made could not be. */
  private hasFailed = false;
  /** How often it was lost while an answer was waited for, or could not be made. */
  private losses = 0;
  /** What was found where the server should be, and the kind of error that it was looked for after. */
  private findings: Findings | undefined;
  private probing: { readonly kind: string; readonly done: Promise<void> } | undefined;
  private readonly changes = new Gate();
  private opening: NodeJS.Timeout | undefined;
  private checking: Promise<void> | undefined;
  /** The socket to a server that turned out to be the wrong one. */
  private left: Socket | undefined;
  private readonly watchdog: Watchdog;
  private readonly patience = new Patience(() => void this.waitedLong());
  private readonly defined = new Set<string>();

  /**
   * @param name - how `CLIENT LIST` shows it.
   * @param onChange - hears of every change of {@link state} and {@link silence}, and of the trouble behind it where there
   *   is one.
   * @param acquaint - what has to be learned on each new connection before it is ready.
   * @param patternOf - the glob that allows a key, or a channel, to say what right is missing.
   */
  constructor(
    source: ConnectionSource,
    readonly name: string,
    private readonly onChange: (trouble?: ServerTroubleError) => void,
    private readonly acquaint?: (connection: Connection) => Promise<void>,
    private readonly patternOf = (key: string): string => key,
  ) {
    this.#redis = source({
      ...CONNECTION_OPTIONS,
      connectionName: name,
      // A connection to a server that takes no writes is replaced; the command that found out fails with the refusal.
      reconnectOnError: (error) => this.isToLeave(error),
    });
    this.watchdog = new Watchdog(
      () => trafficOn(this.socket),
      () => {
        this.replace();
        this.changed(silenceOf(this.target));
      },
      () => {
        this.silence = this.watchdog.isLate ? silenceOf(this.target) : undefined;
        this.changed();
      },
    );
    this.redis.on('connect', () => void this.watchdog.watch(this.handshake()));
    this.redis.on('ready', () => void this.meet());
    this.redis.on('close', () => this.closed());
    for (const event of ['connecting', 'close', 'reconnecting', 'end']) {
      this.redis.on(event, () => this.changed());
    }
    this.redis.on('end', () => this.openAgain());
    this.redis.on('connecting', () => {
      this.hasFailed = false;
      this.patience.start();
    });
    this.redis.on('error', (error: Error) => void this.failed(error));
    if (this.redis.status !== 'wait') {
      this.patience.start(); // a factory made it earlier
    }
    if (this.redis.status === 'ready') {
      void this.meet();
    }
  }

  get redis(): Redis {
    return this.#redis;
  }

  /** Where it leads, to name the server in a log. */
  get address(): string {
    const { path, sentinels, host, port } = this.redis.options;
    if (path) {
      return path;
    }
    return sentinels && this.socket?.remoteAddress
      ? `${this.socket.remoteAddress}:${this.socket.remotePort}`
      : `${host}:${port}`;
  }

  /** Whether it should be checked before anything hangs on it: nothing was heard of the server for a while. */
  get isQuiet(): boolean {
    return this.watchdog.isQuiet;
  }

  /**
   * What leads to the server: another one after a loss, or behind a new connection to another server. A connection that was
   * closed while nothing was asked of it, as servers and proxies do with idle ones, and made again at once is the same path.
   */
  get path(): unknown {
    const runId = this.server?.runId;
    // Where the server does not tell which one it is, the socket tells one connection from the next.
    return runId === undefined ? this.socket : `${runId} ${this.losses}`;
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
  get identities(): readonly LineIdentity[] {
    return this.identity ? [...this.lost, this.identity] : this.lost;
  }

  /** Connects if nothing did yet, and waits for as long as it takes. Rejects once the connection is closed. */
  async ready(): Promise<void> {
    while (this.state !== 'ready') {
      await this.nextChange();
    }
  }

  /** Connects if nothing did yet, and resolves at the next change of {@link state} or {@link obstacle}. */
  async nextChange(): Promise<void> {
    this.open();
    await this.changes.next();
  }

  /** Asks the server whether it is still there. Where it does not answer soon, the connection is replaced. */
  check(): Promise<void> {
    this.checking ??= this.ping().finally(() => {
      this.checking = undefined;
    });
    return this.checking;
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

  /** Sends one command that is no operation. One that is not answered for long costs the connection. */
  send<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    return this.watchdog.watch(command(this.redis));
  }

  run<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> {
    return this.watchdog.watch(this.call(operation, input));
  }

  runAhead<Input, Output, const Calls extends readonly Promise<unknown>[]>(
    operation: Operation<Input, Output>,
    input: Input,
    start: StartCalls<Calls>,
  ): { readonly output: Promise<Output>; readonly calls: Calls } {
    const [output, calls] = this.inOneWrite((run) => [
      'lua' in operation ? this.callByDigest(operation, input) : run(operation, input),
      start(run),
    ]);
    void this.watchdog.watch(Promise.allSettled([output, ...calls]));
    return { output, calls };
  }

  /**
   * A pipeline of ioredis would do so, too, but each has a hidden class of its own, which keeps all that went through it from
   * being collected young.
   */
  settled<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Settled<Calls>> {
    return this.watchdog.watch(Promise.allSettled(this.inOneWrite(start)));
  }

  async all<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Outputs<Calls>> {
    const calls = this.inOneWrite(start);
    await this.watchdog.watch(Promise.allSettled(calls));
    return Promise.all(calls);
  }

  async transact<Input, Output>(
    transaction: Transaction<Input, Output>,
    input: Input,
  ): Promise<Output> {
    const steps = transaction.steps(input);
    const [, , done] = await this.all(() => [
      this.redis.multi({ pipeline: false }),
      Promise.all(steps.map((step) => this.sendStep(step.operation, step.input))),
      this.redis.exec(),
    ]);
    const results = (done ?? []).map(([error, answer], index): PromiseSettledResult<unknown> => {
      return error
        ? { status: 'rejected', reason: error }
        : { status: 'fulfilled', value: steps[index]?.operation.read(answer) };
    });
    return transaction.read(results, input);
  }

  /**
   * Makes the server close another connection, unless nothing proves that it is the one: a server that restarts counts its ids
   * anew, so that what was known by an id may be anybody's.
   * @returns whether the server has forgotten it for sure.
   */
  async cut(identity: LineIdentity): Promise<boolean> {
    const found = await this.find(identity);
    if (found === 'there') {
      const { id, address } = identity;
      await this.send((redis) => redis.call('CLIENT', 'KILL', 'ID', id, 'ADDR', address));
    }
    return found !== 'unknown';
  }

  /** Ends the blocking call of another connection as the timeout of the call would, unless nothing proves that it is the one. */
  async unblock(identity: LineIdentity): Promise<void> {
    if ((await this.find(identity)) === 'there') {
      await this.send((redis) => redis.client('UNBLOCK', identity.id));
    }
  }

  close(): void {
    this.isClosed = true;
    this.patience.end();
    clearTimeout(this.opening);
    this.redis.disconnect();
    this.changed();
  }

  /** @internal */
  [inspect.custom](): string {
    return `Connection(${this.name}, ${this.state})`;
  }

  toJSON(): object {
    return { name: this.name, state: this.state };
  }

  private get target(): Target {
    const { options } = this.redis;
    const { username, password, tls, sentinels, name } = options;
    const server = serverName(options);
    return {
      // Which one the Sentinels have named can be told only while there is a connection.
      name: sentinels && this.socket?.remoteAddress ? `${server} (${this.address})` : server,
      user: username || undefined,
      hasPassword: Boolean(password),
      isTls: Boolean(tls),
      primary: sentinels ? (name ?? '') : undefined,
      hasServed: this.wasReady,
    };
  }

  private get placement(): Placement {
    const { db, username } = this.redis.options;
    return { database: db ?? 0, user: username || undefined };
  }

  /** Where a probe can look for the server; `undefined` where only Sentinels know. */
  private get place(): Place | undefined {
    const { path, host, port, sentinels } = this.redis.options;
    if (sentinels) {
      return undefined;
    }
    return path ? { path } : { host: host ?? 'localhost', port: Number(port) };
  }

  /** There is none before it has ever connected. */
  private get socket(): Socket | undefined {
    return this.redis.stream as Socket | undefined;
  }

  private async find({ id, server, name }: LineIdentity): Promise<'there' | 'gone' | 'unknown'> {
    const own = this.server?.runId;
    if (server !== undefined && own !== undefined) {
      // The ids of one run are given once.
      return server === own ? 'there' : 'gone';
    }
    if (name === undefined) {
      return 'unknown';
    }
    const list = await this.send((redis) => redis.call('CLIENT', 'LIST', 'ID', id));
    return parseClient(String(list), own)?.name === name ? 'there' : 'gone';
  }

  private async ping(): Promise<void> {
    const { socket } = this;
    let isOver = false;
    const answered = this.send((redis) => redis.ping())
      .catch(() => undefined) // a refusal is an answer, too
      .finally(() => {
        isOver = true;
      });
    let timer: NodeJS.Timeout | undefined;
    const outOfTime = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CHECK_TIMEOUT_MS);
    });
    await Promise.race([answered, outOfTime]);
    clearTimeout(timer);
    // Where the event loop was blocked, the answer has come but was not read yet.
    await nextTurn();
    if (!isOver && this.socket === socket) {
      this.replace();
    }
  }

  /** Says why there is no connection. */
  private async failed(error: NodeJS.ErrnoException): Promise<void> {
    if (isOfSelect(error)) {
      return; // the introduction finds out where the connection is
    }
    this.hasFailed = true;
    this.losses++;
    this.patience.end();
    if (mayBeExplained(error)) {
      await this.lookAfter(error.code ?? error.message);
    }
    this.troubled(troubleOf(error, this.target, this.findings));
  }

  /** Nothing has come of a connection for some seconds, and nothing was heard of it. */
  private async waitedLong(): Promise<void> {
    await this.lookAfter('silence');
    if (!this.isIntroduced && !this.hasFailed) {
      this.troubled(silenceOf(this.target, this.findings));
    }
  }

  /** What the server's answers do not tell is looked for by a connection beside this one, once for each kind of failure. */
  private async lookAfter(kind: string): Promise<void> {
    const { place } = this;
    if (this.isClosed || place === undefined) {
      return;
    }
    if (this.probing?.kind !== kind) {
      const done = probe(place).then((findings) => {
        this.findings = findings;
      });
      this.probing = { kind, done };
    }
    await this.probing.done;
  }

  private troubled(trouble: ServerTroubleError): void {
    if (!this.isClosed) {
      this.obstacle = trouble instanceof UnusableServerError ? trouble : undefined;
      this.changed(trouble);
    }
  }

  /** Whether a refusal is the first to say that the server is the wrong one: all that are underway say so. */
  private isToLeave(error: Error): boolean {
    const { address, patternOf } = this;
    noteRefusal(error, { address, patternOf, user: this.redis.options.username ?? 'default' });
    const isFirst = meaningOfRefusal(error) === 'wrong server' && this.left !== this.socket;
    if (isFirst) {
      this.left = this.socket;
    }
    return isFirst;
  }

  /** Gives the connection up and makes another one. */
  private replace(): void {
    this.losses++;
    this.redis.disconnect(true);
    // By itself ioredis would wait for the other end, which says nothing.
    this.socket?.destroy();
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
  private async meet(): Promise<void> {
    const { socket } = this;
    if (socket?.destroyed) {
      // ioredis 5 takes a connection for ready that was lost while it was being made, and would make no other
      // (https://github.com/redis/ioredis/issues/2099).
      this.redis.status = 'reconnecting';
      return;
    }
    const isCurrent = (): boolean => this.redis.status === 'ready' && this.socket === socket;
    while (isCurrent()) {
      const meeting = await this.tryMeet(isCurrent);
      const { outcome } = meeting;
      if (outcome === 'done' || !isCurrent()) {
        return; // where it was lost, the next one is introduced by itself
      }
      this.patience.end();
      this.troubled(meeting.trouble);
      const wait = outcome === 'unusable' ? UNUSABLE_DELAY_MS : UNREADY_DELAY_MS;
      await delay(wait, undefined, { ref: false });
      if (outcome !== 'not yet' && isCurrent()) {
        // The name may lead to another server by then.
        this.redis.disconnect(true);
        return;
      }
    }
  }

  private async tryMeet(isCurrent: () => boolean): Promise<Meeting> {
    try {
      const met = await introduce((command) => this.send(command), this.name, this.placement);
      if (met.outcome !== 'known') {
        return this.problem(met.outcome, met.why);
      }
      if (!isCurrent()) {
        return DONE;
      }
      this.server = met.server;
      this.identity = met.identity;
      await this.cutLost();
      await this.acquaint?.(this);
    } catch (error) {
      if (error instanceof UnusableServerError) {
        return this.problem('unusable', error.message);
      }
      if (!isRefusal(error)) {
        return DONE; // a connection that was lost, or is about to be replaced, ends it
      }
      const trouble = troubleOf(error, this.target);
      return { outcome: trouble instanceof UnusableServerError ? 'unusable' : 'not yet', trouble };
    }
    if (isCurrent()) {
      this.obstacle = undefined;
      this.wasReady = true;
      this.isIntroduced = true;
      this.findings = undefined;
      this.probing = undefined;
      this.patience.end();
      this.changed();
    }
    return DONE;
  }

  /** @param why - completes a sentence that begins with the server. */
  private problem(outcome: 'not yet' | 'wrong server' | 'unusable', why: string): Meeting {
    const text = `${whereOf(this.target)} ${why}`;
    const trouble =
      outcome === 'unusable' ? new UnusableServerError(text) : new ServerTroubleError(text, 'warn');
    return { outcome, trouble };
  }

  private async cutLost(): Promise<void> {
    for (const identity of this.lost) {
      await this.cut(identity).catch((error) => {
        if (meaningOfRefusal(error) !== 'stays') {
          throw error;
        }
        // It may not, and has to trust that the server notices the loss as soon as we do.
      });
    }
    this.lost = [];
  }

  /** ioredis gives up where it is told to disconnect, by whomever, and where that meets an attempt to connect. */
  private openAgain(): void {
    if (!this.isClosed) {
      clearTimeout(this.opening);
      this.opening = setTimeout(() => {
        this.redis.connect().catch(() => undefined);
      }, REOPEN_DELAY_MS);
    }
  }

  private closed(): void {
    if (!this.isIntroduced && !this.hasFailed && !this.isClosed) {
      void this.failed(new Error(CLOSED_AT_ONCE));
    }
    if (this.watchdog.isWaiting) {
      this.losses++;
    }
    this.isIntroduced = false;
    this.server = undefined;
    if (this.identity) {
      this.lost.push(this.identity);
      this.identity = undefined;
    }
  }

  private changed(trouble?: ServerTroubleError): void {
    this.onChange(trouble);
    this.changes.wake();
  }

  private inOneWrite<const Calls>(start: StartCalls<Calls>): Calls {
    const stream = this.socket;
    stream?.cork();
    try {
      return start((operation, input) => this.call(operation, input));
    } finally {
      stream?.uncork();
    }
  }

  private async call<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
  ): Promise<Output> {
    if (!('lua' in operation)) {
      return operation.read(await this.sendCommand(operation, input));
    }
    const { lua, name } = operation;
    if (!this.defined.has(name)) {
      this.defined.add(name);
      digestOf(lua); // by which a refusal finds it again
      this.redis.defineCommand(name, { lua });
    }
    const method = Reflect.get(this.redis, name) as Method;
    const keys = operation.keys(input);
    const args = argumentsOf(operation, input);
    try {
      return operation.read(await method.call(this.redis, keys.length, ...keys, ...args));
    } catch (error) {
      if (!isRefusal(error) || codeOfRefusal(error) !== 'NOSCRIPT') {
        throw error;
      }
      // ioredis has sent it again by its name, since another call of it was sent by its text, and the server forgot it once more.
      return operation.read(await this.redis.eval(lua, keys.length, ...keys, ...args));
    }
  }

  private async callByDigest<Input, Output>(
    script: Script<Input, Output>,
    input: Input,
  ): Promise<Output> {
    const keys = script.keys(input);
    const args = argumentsOf(script, input);
    const digest = digestOf(script.lua);
    return script.read(await this.redis.evalsha(digest, keys.length, ...keys, ...args));
  }

  private sendCommand<Input>(operation: Command<Input, unknown>, input: Input): Promise<unknown> {
    const { command, isBinary } = operation;
    const method = Reflect.get(this.redis, isBinary ? `${command}Buffer` : command) as Method;
    return method.call(this.redis, ...operation.keys(input), ...argumentsOf(operation, input));
  }

  /** Sends one step of a transaction; a script by its text, since a server that had forgotten it would do only what is around it. */
  private sendStep<Input>(operation: Operation<Input, unknown>, input: Input): Promise<unknown> {
    if (!('lua' in operation)) {
      return this.sendCommand(operation, input);
    }
    const keys = operation.keys(input);
    const args = argumentsOf(operation, input);
    return this.redis.eval(operation.lua, keys.length, ...keys, ...args);
  }
}

const CLOSED_AT_ONCE = 'the connection was closed at once';

/** Whether the other end closed the connection or said something odd, rather than not being there. */
const mayBeExplained = (error: NodeJS.ErrnoException): boolean =>
  meaningOfRefusal(error) === undefined &&
  (error.code === undefined || /^(?:EPIPE|ECONNRESET|EPROTO|ETIMEDOUT|ERR_SSL_)/.test(error.code));

/** Whether an error is what ioredis tells of the database that it was to choose. */
const isOfSelect = (error: Error): boolean =>
  isRefusal(error) && propertyOf(propertyOf(error, 'command'), 'name') === 'select';
