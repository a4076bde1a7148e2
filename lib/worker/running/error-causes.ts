import { propertyOf } from '../../errors/error-text.js';

/** Maximum number of causes of an error that are followed: a chain of causes may be a ring. */
const MAX_CAUSES = 16;

/** @returns an error and the chain of its causes. */
export function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (
    let cause = error;
    causes.length <= MAX_CAUSES && cause !== undefined;
    cause = propertyOf(cause, 'cause')
  ) {
    causes.push(cause);
  }
  return causes;
}
