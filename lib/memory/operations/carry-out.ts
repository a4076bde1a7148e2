import type { Operation } from '../../driver/operation.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import type { Store } from '../store.js';

/** The parts of the server that operations use. */
export interface OperationContext {
  readonly store: Store;
  /** Open lines. */
  readonly lines: readonly LineIdentity[];
  publish(channel: string, message: string): void;
}

export type InputOf<Op> = Op extends Operation<infer Input, unknown> ? Input : never;
export type OutputOf<Op> = Op extends Operation<never, infer Output> ? Output : never;

/** Does what Redis does for an operation. @throws ReplyError the refusal. */
export type CarryOut<Input, Output> = (site: OperationContext, input: Input) => Output;

/** An operation and its implementation. */
export type Entry = readonly [
  operation: Operation<never, unknown>,
  carryOut: CarryOut<never, unknown>,
];

export const entry = <Op extends Operation<never, unknown>>(
  operation: Op,
  carryOut: CarryOut<InputOf<Op>, OutputOf<Op>>,
): Entry => [operation, carryOut];
