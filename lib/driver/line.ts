import type { LineIdentity } from '../protocol/wire/line-identity.js';
import type { ConnectionState } from './connection-state.js';
import type { Operation, Run, Transaction } from './operation.js';

/** How long a server may owe an answer until its line is replaced, ms: twice as long as our blocking calls wait. */
export const SILENCE_LIMIT_MS = 11_000;

/** What matters most first: the state of many lines is the first of these that one of them has. */
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

/** What is known of the server at the other end. */
export interface LineServer {
  /** A new one each time the server starts; `undefined` where it does not tell. */
  readonly runId: string | undefined;
}

/** What came of several operations that were started together. */
export type Settled<Calls> = {
  -readonly [Index in keyof Calls]: PromiseSettledResult<Awaited<Calls[Index]>>;
};
export type Outputs<Calls> = { -readonly [Index in keyof Calls]: Awaited<Calls[Index]> };

/** Starts operations. */
export type StartCalls<Calls> = (run: Run) => Calls;

/** One way to a server, on which operations are carried out in their order. Opened on first use, and again after every loss. */
export interface Line {
  readonly state: ConnectionState;
  /** How the server knows it; `undefined` while it is not ready, and where the server does not tell. */
  readonly identity: LineIdentity | undefined;
  /** How the server may know it, now and before. */
  readonly identities: readonly LineIdentity[];
  /** `undefined` while it is not ready, and where the server tells nothing of itself. */
  readonly server: LineServer | undefined;
  /** Whether nothing was heard of the server for a while, so that nothing should hang on it unchecked. */
  readonly isQuiet: boolean;
  /**
   * What leads to the server: another one after a loss, or behind a new connection to another server. A connection that was
   * closed while nothing was asked of it, as servers and proxies do with idle ones, and made again at once is the same path.
   */
  readonly path: unknown;

  /** Connects if nothing did yet, and waits for as long as it takes. Rejects once the line is closed. */
  ready(): Promise<void>;

  /** Carries out one operation. One that is not answered for long costs the connection. */
  run<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output>;

  /** Carries out several operations in one write, and waits until all are answered or have failed. */
  settled<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Settled<Calls>>;

  /** As {@link settled}. @throws the first error among the answers. */
  all<const Calls extends readonly Promise<unknown>[]>(
    start: StartCalls<Calls>,
  ): Promise<Outputs<Calls>>;

  /**
   * Carries out an operation and others behind it in one write, the last of which blocks, so that nothing can follow it soon. A
   * script is refused where the server does not know it, since its text would have to wait for that operation.
   */
  runAhead<Input, Output, const Calls extends readonly Promise<unknown>[]>(
    operation: Operation<Input, Output>,
    input: Input,
    start: StartCalls<Calls>,
  ): { readonly output: Promise<Output>; readonly calls: Calls };

  /**
   * Carries out operations with nothing in between.
   * @throws what one of them is refused with before any is carried out.
   */
  transact<Input, Output>(transaction: Transaction<Input, Output>, input: Input): Promise<Output>;

  /**
   * Makes the server close another line, unless nothing proves that it is the one: a server that restarts counts its ids anew, so
   * that what was known by an id may be anybody's.
   * @returns whether the server has forgotten it for sure.
   */
  cut(identity: LineIdentity): Promise<boolean>;

  /** Ends the blocking call of another line as the timeout of the call would, unless nothing proves that it is the one. */
  unblock(identity: LineIdentity): Promise<void>;
}
