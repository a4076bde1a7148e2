import type { ConnectionState } from './connection-state.js';
import type { Line } from './line.js';
import type { Operation } from './operation.js';
import type { Rights } from './rights.js';
import type { Runtime } from './runtime.js';
import type { ServerTroubleError } from './server-trouble.js';

/** Receives what is published on channels; it subscribes again after every loss, until it is closed. */
export interface Subscription {
  /** Resolves when the server has accepted or refused the subscription, or the lines are closed. It keeps trying after a refusal. */
  start(): Promise<void>;
  close(): void;
}

/** Options of a {@link Subscription}. */
export interface SubscriptionOptions {
  /** Role of its line, for the line's name. */
  readonly role: string;
  readonly channels: readonly string[];
  /** Channels that a user may not be allowed: that is logged, with its consequence, and changes nothing for the others. */
  readonly optional?: { readonly channels: readonly string[]; readonly consequence: string };
  readonly onMessage: (channel: string, message: string) => void;
  /** Consequence of a refused subscription, as the end of a log line. */
  readonly consequence: string;
}

/** Access to one server: all that client and workers know of it. */
export interface Driver {
  /** Name of the server for messages, without the user and the password. */
  readonly serverName: string;
  /** Clock, timers and ids for its lines and their users. */
  readonly runtime: Runtime;
  /** Clock of the server, ms since the epoch, so that machines with wrong clocks agree on deadlines. */
  readonly clock: { now(): number };
  /** The shared line for operations that do not block. */
  readonly commands: Line;
  /** Opens a line for a reader that blocks it. The reader closes it with {@link release}. */
  blocking(role: string): Line;
  release(line: Line): void;
  subscribe(options: SubscriptionOptions): Subscription;
  /**
   * Notes what the user has to be allowed, so that the log names what is missing after each connect, before it is needed.
   * @returns a function that ends the need.
   */
  needs(rights: readonly Rights[]): () => void;

  /** Combined state of all lines: `ready` only if every open line is ready. */
  readonly state: ConnectionState;
  /** @returns a function that stops listening. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /**
   * Whether operations can be sent now: a line is connected, was not quiet for long, and the server's clock is known. If it is
   * `false`, {@link ready} waits for it. Work that is skipped while the server is unreachable checks {@link isConnected}.
   */
  readonly isReady: boolean;
  /** Whether the line for {@link commands} is connected; it may have been quiet for a while. */
  readonly isConnected: boolean;
  /** Waits until {@link isReady}, without a time limit. Rejects when the lines are closed. */
  ready(): Promise<void>;
  /** Waits like {@link ready}. @throws UnusableServerError if the server answers but cannot be used. */
  usable(): Promise<void>;
  /** Why the server cannot be used; `undefined` while it can. */
  readonly trouble: ServerTroubleError | undefined;
  /** Resolves when the server is unreachable. */
  lost(): Promise<void>;
  /**
   * Runs an operation that may be run twice without harm: it is sent again when the line was lost before the answer.
   * @throws the refusal of the server, or an error if the lines are closed.
   */
  runUntilAnswered<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
  ): Promise<Output>;
  /** Closes all lines for good. */
  close(): void;
}
