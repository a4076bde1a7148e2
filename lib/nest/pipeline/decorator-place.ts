import { InvalidOptionError } from '../../errors/index.js';

/** The target of a decorator. */
export interface DecoratorPlace {
  readonly kind: 'method' | 'parameter' | 'field' | 'constructor parameter' | 'other';
  /** The target for an error message, such as `the static method "render"`. */
  readonly text: string;
}

/** The compiler options that decorators of Nest and of this library need, for messages. */
const REQUIRED_FLAGS =
  'with `"experimentalDecorators": true` and `"emitDecoratorMetadata": true` in tsconfig.json ' +
  '(SWC: `legacyDecorator` and `decoratorMetadata`)';

/**
 * Determines the target of a decorator.
 * @param given - the arguments with which the compiled code calls the decorator.
 * @throws InvalidOptionError where the code was compiled for standard (TC39) decorators, which Nest does not know.
 */
export function placeOfDecorator(decorator: string, given: readonly unknown[]): DecoratorPlace {
  const [target, name, third] = given;
  if (isStandardContext(name)) {
    throw new InvalidOptionError(
      decorator,
      `compiled ${REQUIRED_FLAGS}`,
      `a standard decorator on the ${name.kind} "${String(name.name)}": these flags are missing`,
    );
  }
  const text = `"${String(name)}"`;
  const isStatic = typeof target === 'function';
  if (name === undefined) {
    return typeof third === 'number'
      ? {
          kind: 'constructor parameter',
          text: `the parameter at index [${third}] of the constructor of ${nameOfClass(target)}`,
        }
      : { kind: 'other', text: `the class ${nameOfClass(target)}` };
  }
  const prefix = isStatic ? 'static ' : '';
  if (typeof third === 'number') {
    const kind = isStatic ? 'other' : 'parameter';
    const method = `${nameOfClass(isStatic ? target : target?.constructor)}#${String(name)}`;
    return { kind, text: `the parameter at index [${third}] of the ${prefix}method ${method}` };
  }
  if (!isDescriptor(third) || 'initializer' in third) {
    return { kind: isStatic ? 'other' : 'field', text: `the ${prefix}property ${text}` };
  }
  if (third.get || third.set) {
    return { kind: 'other', text: `the ${prefix}accessor ${text}` };
  }
  if (isStatic) {
    return { kind: 'other', text: `the static method ${text}` };
  }
  return typeof name === 'symbol'
    ? { kind: 'other', text: `the symbol ${text}` }
    : { kind: 'method', text: `the method ${text}` };
}

/**
 * Rejects `@Decorator` without parentheses, which the compiled code calls with the target itself.
 * @param given - the arguments of the decorator.
 * @param example - the right notation.
 */
export function checkParentheses(
  decorator: string,
  given: readonly unknown[],
  example: string,
): void {
  const [target, name, third] = given;
  const isOnClass = typeof target === 'function' && given.length === 1;
  const isOnMember =
    given.length === 3 &&
    isObject(target) &&
    ['string', 'symbol', 'undefined'].includes(typeof name) &&
    (third === undefined || typeof third === 'number' || isDescriptor(third));
  if (isOnClass || isOnMember || isStandardContext(name)) {
    const { text } = placeOfDecorator(decorator, given);
    throw new InvalidOptionError(
      decorator,
      `called, as in ${example}`,
      `no parentheses on ${text}`,
    );
  }
}

const nameOfClass = (target: unknown): string =>
  typeof target === 'function' && target.name !== '' ? target.name : 'a class without a name';

const isStandardContext = (value: unknown): value is { kind: string; name?: unknown } =>
  isObject(value) && 'kind' in value && 'addInitializer' in value;

const isDescriptor = (value: unknown): value is PropertyDescriptor & object =>
  isObject(value) && ['value', 'get', 'set', 'initializer'].some((key) => key in value);

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
