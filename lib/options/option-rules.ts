import { propertyOf, shown } from '../errors/error-text.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { describeValue, isRecord, kindOf, mayHoldSecret } from '../errors/value-text.js';
import { nearestName } from './nearest-name.js';

/** The wrong part of a value. */
export interface WrongPart {
  /** The path from the option to the part, such as `.tenant` or `[2]`. */
  readonly path: string;
  readonly expected: string;
  readonly received: string;
}

/** The rule for one option. */
export interface OptionRule {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** Finds the wrong part of a value with several parts, such as an array. */
  readonly findWrongPart?: (value: unknown) => WrongPart | undefined;
  /** Whether a wrong value may contain a password and must not be shown. */
  readonly isSecret?: boolean;
  /** Whether the value is written to Redis as it is and must therefore be well-formed Unicode. */
  readonly isWrittenToRedis?: boolean;
}

/** Describes what a rule expected of a value that breaks it. */
export const expectedBy = ({ expected, isWrittenToRedis }: OptionRule, value: unknown): string =>
  isWrittenToRedis === true && typeof value === 'string' && !value.isWellFormed()
    ? 'well-formed Unicode (UTF-8 cannot express a lone surrogate)'
    : expected;

/** A rule for each option. */
export type OptionRules<Options> = Readonly<Record<keyof Required<Options>, OptionRule>>;

/** The longest delay of a Node timer, ms; a timer with a longer delay would fire at once. */
export const MAX_TIMER_DELAY_MS = 2_147_483_647;

/**
 * Checks options against their rules.
 * @param where - names the place of the options in the message, such as `@OnJob('reports') of ReportWorker#render`.
 * @throws InvalidOptionError for the first option that breaks its rule or does not exist.
 */
export function checkOptions<Options extends object>(
  options: Options,
  rules: OptionRules<Options>,
  where: string,
): void {
  if (!isRecord(options)) {
    throw new InvalidOptionError(
      where.startsWith('the options') ? where : `the options of ${where}`,
      'an object',
      kindOf(options),
    );
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof Options] : undefined;
    if (!rule) {
      const known = Object.keys(rules);
      const meant = nearestName(name, known);
      throw new InvalidOptionError(
        `${mayHoldSecret(name) ? 'an option' : shown(name)} in ${where}`,
        `one of the options ${known.join(', ')}${meant === undefined ? '' : ` (did you mean \`${meant}\`?)`}`,
        'an unknown name',
      );
    }
    if (value !== undefined && !rule.accepts(value)) {
      const part = rule.findWrongPart?.(value);
      if (part) {
        throw new InvalidOptionError(
          `${name}${part.path} in ${where}`,
          part.expected,
          part.received,
        );
      }
      throw new InvalidOptionError(
        `${name} in ${where}`,
        expectedBy(rule, value),
        rule.isSecret ? kindOf(value) : describeValue(value),
      );
    }
  }
}

/** Whether a value is a plain object, and not a `Map` or `Headers`, whose entries JSON would lose. */
export const isPlain = (value: unknown): value is Record<string, unknown> =>
  isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value));

export const anInteger = (least: number, most = Number.MAX_SAFE_INTEGER): OptionRule => ({
  expected:
    most === Number.MAX_SAFE_INTEGER
      ? `an integer >= ${least}`
      : `an integer from ${least} to ${most}`,
  accepts: (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
});

/** A duration in ms that a Node timer supports. */
export const aDuration = (least: number): OptionRule => {
  const rule = anInteger(least, MAX_TIMER_DELAY_MS);
  return { ...rule, expected: `${rule.expected} (ms)` };
};

export const oneOf = (...values: readonly unknown[]): OptionRule => ({
  expected: values.map((value) => JSON.stringify(value)).join(' or '),
  accepts: (value) => values.includes(value),
});

export const aBoolean = oneOf(true, false);

export const aString: OptionRule = {
  expected: 'a string',
  accepts: (value) => typeof value === 'string' && value.isWellFormed(),
  isWrittenToRedis: true,
};

export const aName: OptionRule = {
  expected: 'a non-empty string',
  accepts: (value) => typeof value === 'string' && value !== '' && value.isWellFormed(),
  isWrittenToRedis: true,
};

export const aFunction: OptionRule = {
  expected: 'a function',
  accepts: (value) => typeof value === 'function',
};

export const anObjectOfStrings: OptionRule = {
  expected: 'an object of strings',
  accepts: (value) => isPlain(value) && findWrongString(value) === undefined,
  findWrongPart: (value) => (isPlain(value) ? findWrongString(value) : undefined),
};

/** @returns the first entry whose name is empty or a symbol, or whose value is not a string. */
function findWrongString(record: Record<string, unknown>): WrongPart | undefined {
  for (const key of Reflect.ownKeys(record)) {
    const isName = typeof key === 'string' && key !== '';
    const value = propertyOf(record, key);
    if (!isName) {
      const received = typeof key === 'symbol' ? 'a symbol' : '""';
      return {
        path: '',
        expected: 'an object whose names are non-empty strings',
        received,
      };
    }
    if (typeof value !== 'string') {
      return { path: pathOf(key), expected: 'a string', received: describeValue(value) };
    }
  }
  return undefined;
}

const pathOf = (key: string): string =>
  mayHoldSecret(key) ? '[...]' : /^[\w$]+$/.test(key) ? `.${shown(key)}` : `["${shown(key)}"]`;

/** A rule for each element of an array. */
export const anArrayOf = (expected: string, element: OptionRule): OptionRule => ({
  expected,
  accepts: (value) => Array.isArray(value) && value.every(element.accepts),
  findWrongPart: (value) => {
    const index = Array.isArray(value) ? value.findIndex((each) => !element.accepts(each)) : -1;
    return index < 0
      ? undefined
      : {
          path: `[${index}]`,
          expected: element.expected,
          received: describeValue((value as unknown[])[index]),
        };
  },
});
