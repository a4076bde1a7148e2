import { propertyOf } from '../../errors/error-text.js';

/** How many causes of an error are looked at: a chain of causes may be a ring. */
const MAX_CAUSES = 16;

/** @returns an error and what led to it, the latest first. */
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
