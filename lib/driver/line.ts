import type { LineIdentity } from '../protocol/wire/line-identity.js';
import type { ConnectionState } from './connection-state.js';
import type { Operation, Run, Transaction } from './operation.js';

/** Time that a server may owe an answer before its line is replaced, ms: twice as long as our blocking calls wait. */
export const SILENCE_LIMIT_MS = 11_000;

/** States, the most important first: the state of many lines is the first of these that one of them has. */
const STATES_BY_PRIORITY: readonly ConnectionState[] = [
  'reconnecting',
  'connecting',
  'ready',
  'idle',
  'closed',
];

/** @returns the state of lines together: `ready` only when each of them is. */
export function stateOfAll(lines: Iterable<Pick<Line, 'state'>>): ConnectionState {
  const states = new Set(Array.from(lines, ({ state }) => state));
  return STATES_BY_PRIORITY.find((state) => states.has(state)) ?? 'idle';
}

/** Facts about the server at the other end of a line. */
export interface LineServer {
  /** The `run_id` of the server, new at each of its starts; `undefined` if the server does not report it. */
  readonly runId: string | undefined;
}

/** The results of several operations that were started together. */
export type Settled<Calls> = {
  -readonly [Index in keyof Calls]: PromiseSettledResult<Awaited<Calls[Index]>>;
};
/** The answers of several operations that were started together. */
export type Outputs<Calls> = { -readonly [Index in keyof Calls]: Awaited<Calls[Index]> };

/** Starts operations. */
export type StartCalls<Calls> = (run: Run) => Calls;

/** One connection to a server, which carries out operations in their order. Opened on first use, and again after every loss. */
export interface Line {
  readonly state: ConnectionState;
  /** The identity that the server knows the line by; `undefined` while the line is not ready, or if the server does not report it. */
  readonly identity: LineIdentity | undefined;
  /** The identities that the server may know the line by, the current one and earlier ones. */
  readonly identities: readonly LineIdentity[];
  /** Facts about the server; `undefined` while the line is not ready, or if the server refuses to report them. */
  readonly server: LineServer | undefined;
  /**
   * The `run_id` of the server that the line has reached last, kept after a loss: an answer that came in the same turn as the loss is
   * of this server. `undefined` before the first connection, or if the server does not report it.
   */
  readonly lastRunId: string | undefined;
  /** Whether the server has sent nothing for a while, so that nothing should rely on the line unchecked. */
  readonly isQuiet: boolean;
  /**
   * Identifies the connection for outages: another value after a loss, or after a new connection to another server. A connection
   * that was closed without an open call, as servers and proxies do with idle ones, and made again at once keeps its value.
   */
  readonly path: unknown;

  /** Connects unless that was done before, and waits for as long as it takes. Rejects once the line is closed. */
  ready(): Promise<void>;

  /** Carries out one operation. If it is not answered for long, the connection is replaced. */
  run<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output>;

  /** Carries out several operations in one write, and waits until all are answered or have failed. */
  settled<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Settled<Calls>>;

  /** Does the same as {@link settled}, but returns the answers alone. @throws the first error among them. */
  all<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Outputs<Calls>>;

  /**
   * Carries out an operation and then others in one write. The last of these blocks, so that nothing can follow it soon: a script
   * that the server does not know is refused, because its text could only be sent after the blocking operation.
   */
  runAhead<Input, Output, const Calls extends readonly Promise<unknown>[]>(
    operation: Operation<Input, Output>,
    input: Input,
    start: StartCalls<Calls>,
  ): { readonly output: Promise<Output>; readonly calls: Calls };

  /**
   * Carries out operations as one transaction.
   * @throws the refusal of an operation, before any is carried out.
   */
  transact<Input, Output>(transaction: Transaction<Input, Output>, input: Input): Promise<Output>;

  /**
   * Makes the server close another line, unless nothing proves that the id still belongs to that line: a server that restarts
   * counts its ids anew, so that an id may belong to anybody by now.
   * @returns whether the server has closed that line for sure.
   */
  cut(identity: LineIdentity): Promise<boolean>;

  /**
   * Ends the blocking call of another line as the timeout of the call would, unless nothing proves that the id still belongs to
   * that line.
   */
  unblock(identity: LineIdentity): Promise<void>;
}
