import type { Operation } from '../../driver/operation.js';
import type { LineIdentity } from '../../protocol/wire/line-identity.js';
import type { Store } from '../store.js';

/** What operations are carried out on. */
export interface OperationContext {
  readonly store: Store;
  /** The lines that are open. */
  readonly lines: readonly LineIdentity[];
  publish(channel: string, message: string): void;
}

export type InputOf<Op> = Op extends Operation<infer Input, unknown> ? Input : never;
export type OutputOf<Op> = Op extends Operation<never, infer Output> ? Output : never;

/** Does what Redis does for an operation. @throws ReplyError what it is refused with. */
export type CarryOut<Input, Output> = (site: OperationContext, input: Input) => Output;

/** An operation, and how it is carried out. */
export type Entry = readonly [
  operation: Operation<never, unknown>,
  carryOut: CarryOut<never, unknown>,
];

export const entry = <Op extends Operation<never, unknown>>(
  operation: Op,
  carryOut: CarryOut<InputOf<Op>, OutputOf<Op>>,
): Entry => [operation, carryOut];
