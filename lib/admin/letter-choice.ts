import { InvalidOptionError } from '../errors/index.js';
import { describeValue, isRecord } from '../errors/value-text.js';
import { aName, checkOptions, expectedBy, isPlain } from '../options/option-rules.js';
import { FILTER_RULES, type DeadLetterFilter } from './dead-letter-filter.js';

/** Checks which letters a call is for. @returns each id once, or the filter. @throws InvalidOptionError */
export function checkedChoice(
  which: string | readonly string[] | DeadLetterFilter,
  where: string,
): string[] | DeadLetterFilter {
  const list: unknown = typeof which === 'string' ? [which] : which;
  if (Array.isArray(list)) {
    const wrong = list.findIndex((id) => !aName.accepts(id));
    if (wrong !== -1) {
      const part = list === which ? `which[${wrong}]` : 'which';
      const id: unknown = list[wrong];
      const expected = `the id of a dead letter, ${expectedBy(aName, id)}`;
      throw new InvalidOptionError(`${part} in ${where}`, expected, describeValue(id));
    }
    return [...new Set(list as string[])];
  }
  if (!isRecord(list) || isOfAnotherKind(list)) {
    const expected =
      "an id, an array of ids, or a filter such as { reason: 'failed' } ({} chooses all letters)";
    const received = isRecord(list) ? 'an object of another kind' : describeValue(list);
    throw new InvalidOptionError(`which in ${where}`, expected, received);
  }
  const filter: DeadLetterFilter = list;
  checkOptions(filter, FILTER_RULES, where);
  const fields = Object.keys(filter);
  if (fields.length > 0 && Object.values(filter).every((value) => value === undefined)) {
    // More likely a value that is missing than the wish for all letters.
    const expected = 'a filter with a value ({} chooses all letters)';
    throw new InvalidOptionError(`which in ${where}`, expected, `${fields.join(', ')}: undefined`);
  }
  return filter;
}

/** Whether an object has no fields but is no empty filter either, such as a `Set` of ids or a `Promise`: it would choose all letters. */
const isOfAnotherKind = (value: object): boolean =>
  Object.keys(value).length === 0 && !isPlain(value);
