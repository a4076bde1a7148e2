import { isError, propertyOf } from '../../errors/error-text.js';
import type { ErrorClass } from './error-class.js';
import {
  jsonCopy,
  toWireErrorWithoutReasons,
  type DescribeError,
  type WireError,
} from './wire-error.js';

/** The classes of errors that both sides know by name, so that a caller gets an error of the class that was thrown. */
export class ErrorRegistry {
  private readonly byName: ReadonlyMap<string, ErrorClass>;

  constructor(classes: readonly ErrorClass[]) {
    this.byName = new Map(classes.map((each) => [each.name, each]));
  }

  /**
   * The form of an error of a registered class, or of the nearest registered ancestor of its class.
   * @param describe - gives the form that it would have otherwise, for callers that do not know the class.
   */
  describe(error: unknown, describe?: DescribeError): WireError | undefined {
    const form = describe?.(error);
    const registered = isError(error) && this.classOf(error);
    return registered
      ? {
          ...(form ?? toWireErrorWithoutReasons(error)),
          name: registered.name,
          fields: fieldsOf(error),
        }
      : form;
  }

  /** An error of the class that the form names, with its message and its fields. */
  revive({ name, message, fields, stack }: WireError): Error | undefined {
    const registered = this.byName.get(name);
    if (!registered || !fields) {
      return undefined;
    }
    // A true Error, with a stack, that is none of the class's constructor: what that would be called with is not known.
    const error: Error = Reflect.construct(Error, [message], registered);
    const own = stack === undefined ? fields : { ...fields, stack };
    for (const [field, value] of Object.entries(own)) {
      if (!isDataField(field, value, registered)) {
        continue;
      }
      Object.defineProperty(error, field, {
        value,
        writable: true,
        configurable: true,
        enumerable: field !== 'stack',
      });
    }
    return error;
  }

  private classOf(error: Error): ErrorClass | undefined {
    for (
      let prototype: unknown = Object.getPrototypeOf(error);
      typeof prototype === 'object' && prototype !== null;
      prototype = Object.getPrototypeOf(prototype)
    ) {
      const constructor = propertyOf(prototype, 'constructor');
      const known = typeof constructor === 'function' && this.byName.get(constructor.name);
      if (known && known === constructor) {
        return known;
      }
    }
    return undefined;
  }
}

/** What every error has as a text. */
const STRING_FIELDS: ReadonlySet<string> = new Set(['name', 'message', 'stack']);

/** Whether a field can be one that an error of the class has: it neither hides a method, nor is it no text where all expect one. */
const isDataField = (field: string, value: unknown, { prototype }: ErrorClass): boolean =>
  STRING_FIELDS.has(field)
    ? typeof value === 'string'
    : typeof propertyOf(prototype, field) !== 'function';

/** What travels by itself: a stack where it is to be exposed, and what led to the error. */
const SEPARATE_FIELDS: ReadonlySet<string> = new Set(['stack', 'cause']);

/** What an error has of its own and JSON can write. */
function fieldsOf(error: unknown): Record<string, unknown> {
  const fields = namesOf(error)
    .filter((name) => !SEPARATE_FIELDS.has(name))
    .map((name) => [name, jsonCopy(propertyOf(error, name))] as const);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

function namesOf(error: unknown): readonly string[] {
  try {
    return Object.keys(Object(error));
  } catch {
    return [];
  }
}
