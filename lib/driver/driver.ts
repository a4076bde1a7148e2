import type { ConnectionState } from './connection-state.js';
import type { Line } from './line.js';
import type { Operation } from './operation.js';
import type { Runtime } from './runtime.js';
import type { ServerTroubleError } from './server-trouble.js';

/** Hears what is published on channels, again after every loss, until it is closed. */
export interface Subscription {
  /** Resolves when the server has subscribed it, refuses it for now, or the lines are closed. It goes on trying. */
  start(): Promise<void>;
  close(): void;
}

/** What a {@link Subscription} is for. */
export interface SubscriptionOptions {
  /** How its line is named. */
  readonly role: string;
  readonly channels: readonly string[];
  readonly onMessage: (channel: string, message: string) => void;
  /** What happens while nothing is heard, for the log. */
  readonly consequence: string;
}

/** All that client and workers know of a server. */
export interface Driver {
  /** Names the server in messages, without the user and the password. */
  readonly serverName: string;
  /** What its lines, and whoever uses them, go by. */
  readonly runtime: Runtime;
  /** ms since the epoch, by the server, so that machines with wrong clocks agree on deadlines. */
  readonly clock: { now(): number };
  /** For operations that do not block. */
  readonly commands: Line;
  /** Opens a line for a reader that blocks it; the reader closes it with {@link release}. */
  blocking(role: string): Line;
  release(line: Line): void;
  subscribe(options: SubscriptionOptions): Subscription;

  /** The state of all lines together: `ready` only when every open one is. */
  readonly state: ConnectionState;
  /** @returns how to stop listening. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /**
   * Whether operations can be sent at once: the server is there, so far as anybody knows, and its clock is known. Where it is
   * `false`, {@link ready} says when they can; what is to be skipped while the server is away asks {@link isConnected}.
   */
  readonly isReady: boolean;
  /** Whether there is a line for {@link commands}, which may have been quiet for a while. */
  readonly isConnected: boolean;
  /** Waits until {@link isReady}, for as long as it takes. Rejects once the lines are closed. */
  ready(): Promise<void>;
  /** As {@link ready}. @throws UnusableServerError where the server answers, but cannot serve us. */
  usable(): Promise<void>;
  /** Why the server cannot be used, while it cannot. */
  readonly trouble: ServerTroubleError | undefined;
  /** Resolves once the server cannot be reached. */
  lost(): Promise<void>;
  /**
   * Carries out an operation that does no harm when it is carried out twice: after a loss of the line it is sent again.
   * @throws what the server refuses it with, or that the lines are closed.
   */
  runUntilAnswered<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
  ): Promise<Output>;
  /** For good: nothing is opened any more. */
  close(): void;
}
