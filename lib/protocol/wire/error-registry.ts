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
   * Converts an error of a registered class, or of a class that extends one; the nearest registered class counts.
   * @param describe - converts the error as if its class were not registered, for callers that do not know the class.
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

  /** @returns an error of the class that the form names, with the message and the fields; `undefined` if the class is not registered. */
  revive({ name, message, fields, stack }: WireError): Error | undefined {
    const registered = this.byName.get(name);
    if (!registered || !fields) {
      return undefined;
    }
    // A real Error with a stack, made without the constructor of the class, because the arguments of that constructor are unknown.
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

/** Fields that are texts in every error. */
const STRING_FIELDS: ReadonlySet<string> = new Set(['name', 'message', 'stack']);

/** Whether a field may be set on an error of a class: it hides no method of the class, and is a text where code expects a text. */
const isDataField = (field: string, value: unknown, { prototype }: ErrorClass): boolean =>
  STRING_FIELDS.has(field)
    ? typeof value === 'string'
    : typeof propertyOf(prototype, field) !== 'function';

/** Fields that {@link WireError} has of its own: the stack, which is sent only with `exposeStack`, and the cause. */
const SEPARATE_FIELDS: ReadonlySet<string> = new Set(['stack', 'cause']);

/** @returns the own fields of an error that JSON can express. */
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
