import type { Operation } from '../../driver/operation.js';
import type { CarryOut } from './carry-out.js';
import { COMMANDS } from './commands.js';
import { DEAD_AND_RETURNED } from './dead-and-returned.js';
import { LEASES } from './leases.js';
import { LETTERS } from './letters.js';
import { PRUNING } from './pruning.js';
import { PUSHING } from './pushing.js';
import { REGISTRY } from './registry.js';
import { REMOVING } from './removing.js';
import { SETTLING } from './settling.js';
import { TAKING } from './taking.js';
import { WAITS, type Wait } from './waits.js';

const CARRY_OUTS: ReadonlyMap<object, CarryOut<never, unknown>> = new Map([
  ...COMMANDS,
  ...DEAD_AND_RETURNED,
  ...LEASES,
  ...LETTERS,
  ...PRUNING,
  ...PUSHING,
  ...REGISTRY,
  ...REMOVING,
  ...SETTLING,
  ...TAKING,
]);

const WAITS_OF: ReadonlyMap<object, Wait<never, unknown>> = new Map(WAITS);

/** @returns the implementation of an operation. @throws Error for one that blocks or is not implemented. */
export function carryOutOf<Input, Output>(
  operation: Operation<Input, Output>,
): CarryOut<Input, Output> {
  const found = CARRY_OUTS.get(operation);
  if (!found) {
    throw new Error(`Operation "${operation.name}" is not implemented for memory://`);
  }
  return found as CarryOut<Input, Output>;
}

/** @returns the implementation of a blocking operation; `undefined` for others. */
export const waitOf = <Input, Output>(
  operation: Operation<Input, Output>,
): Wait<Input, Output> | undefined => WAITS_OF.get(operation) as Wait<Input, Output> | undefined;
