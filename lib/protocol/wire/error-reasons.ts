import { cut, isError, propertyOf } from '../../errors/error-text.js';
import type { ErrorReasons } from '../../errors/index.js';
import { isRecord } from '../../errors/value-text.js';
import type { ErrorForm } from './error-form.js';

/** What led to an error, as it travels: an error by its form, anything else as the value that it is. */
export type ReasonForm = { readonly error: ErrorForm } | { readonly value: unknown };

/** What led to an error, in its form. Processes of earlier versions pass it over. */
export interface ReasonForms {
  readonly cause?: ReasonForm | undefined;
  /** The errors of an `AggregateError`. */
  readonly errors?: readonly ReasonForm[] | undefined;
}

/** How far down reasons are followed, how many errors of one `AggregateError` travel, and how many reasons in all. */
const MOST_DEPTH = 8;
const MOST_ERRORS = 16;
const MOST_REASONS = 32;

/** Characters of a message, of a value or of details, and of all that led to one error together. */
const MOST_TEXT = 1_000;
const MOST_VALUE = 4_000;
const MOST_CHARACTERS = 32_000;

/** Turns an error into its form, without what led to it. */
type FormOf = (error: unknown) => ErrorForm;

/** What led to an error that was thrown: bounded, without cycles, and never throws. */
export function reasonsOf(error: unknown, formOf: FormOf): ReasonForms {
  return new Reasons(formOf).of(error, [error]);
}

class Reasons {
  private left = MOST_REASONS;
  private charactersLeft = MOST_CHARACTERS;

  constructor(private readonly formOf: FormOf) {}

  /** @param seen - the errors on the way down. */
  of(error: unknown, seen: readonly unknown[]): ReasonForms {
    if (seen.length > MOST_DEPTH) {
      return {};
    }
    const cause = propertyOf(error, 'cause');
    const errors = errorsOf(error);
    const forms: { -readonly [Name in keyof ReasonForms]: ReasonForms[Name] } = {};
    const causeForm = cause === undefined ? undefined : this.formOfReason(cause, seen);
    if (causeForm) {
      forms.cause = causeForm;
    }
    if (errors.length > 0) {
      forms.errors = errors
        .slice(0, MOST_ERRORS)
        .map((each) => this.formOfReason(each, seen))
        .filter((form) => form !== undefined);
    }
    return forms;
  }

  private formOfReason(reason: unknown, seen: readonly unknown[]): ReasonForm | undefined {
    if (seen.includes(reason) || this.left <= 0 || this.charactersLeft <= 0) {
      return undefined;
    }
    this.left--;
    const form = isError(reason)
      ? { error: { ...this.shortened(reason), ...this.of(reason, [...seen, reason]) } }
      : { value: this.valueOf(reason) };
    return 'value' in form && form.value === undefined ? undefined : form;
  }

  private shortened(error: unknown): ErrorForm {
    const { details, fields, stack, ...form } = this.formOf(error);
    const message = cut(form.message, MOST_TEXT);
    const shownStack = stack && cut(stack, MOST_VALUE);
    this.charactersLeft -= message.length + (shownStack?.length ?? 0);
    const known = {
      ...form,
      name: cut(form.name, MOST_TEXT),
      message,
      code: typeof form.code === 'string' ? cut(form.code, MOST_TEXT) : form.code,
      details: details === undefined ? undefined : this.valueOf(details),
    };
    const fieldsForm = fields && this.valueOf(fields);
    return {
      ...known,
      ...(isRecord(fieldsForm) && { fields: fieldsForm }),
      ...(shownStack !== undefined && { stack: shownStack }),
    };
  }

  /** A value as JSON can write it; `undefined` where it cannot, or where it takes too much room. */
  private valueOf(value: unknown): unknown {
    try {
      const json = JSON.stringify(typeof value === 'string' ? cut(value, MOST_TEXT) : value);
      if (json === undefined || json.length > Math.min(MOST_VALUE, this.charactersLeft)) {
        return undefined;
      }
      this.charactersLeft -= json.length;
      return JSON.parse(json);
    } catch {
      return undefined;
    }
  }
}

/** The errors of an `AggregateError`, or of whatever is built as one; none where it is something else that has that name. */
export function errorsOf(error: unknown): readonly unknown[] {
  const errors = propertyOf(error, 'errors');
  try {
    return Array.isArray(errors) && errors.some(isError) ? errors : [];
  } catch {
    return [];
  }
}

/** A form without stacks, wherever they are. */
export function withoutStacks(error: ErrorForm): ErrorForm {
  const { stack: _stack, cause, errors, ...form } = error;
  return {
    ...form,
    ...(cause && { cause: reasonWithoutStacks(cause) }),
    ...(errors && { errors: errors.map(reasonWithoutStacks) }),
  };
}

const reasonWithoutStacks = (reason: ReasonForm): ReasonForm =>
  'error' in reason ? { error: withoutStacks(reason.error) } : reason;

/**
 * Reads what led to an error from a frame, however odd.
 * @param readForm - reads the form of an error that is so far down.
 */
export function readReasons(
  { cause, errors }: Readonly<Record<string, unknown>>,
  depth: number,
  readForm: (payload: unknown, depth: number) => ErrorForm,
): ReasonForms {
  const read = (reason: unknown): ReasonForm[] => {
    if (!isRecord(reason) || depth >= MOST_DEPTH) {
      return [];
    }
    return 'error' in reason
      ? [{ error: readForm(reason['error'], depth + 1) }]
      : 'value' in reason
        ? [{ value: reason['value'] }]
        : [];
  };
  const [causeForm] = read(cause);
  const forms = Array.isArray(errors) ? errors.slice(0, MOST_ERRORS).flatMap(read) : undefined;
  return { ...(causeForm && { cause: causeForm }), ...(forms && { errors: forms }) };
}

/** @param revive - makes an error of its form. */
export function revivedReasons(
  { cause, errors }: ReasonForms,
  revive: (form: ErrorForm) => Error,
): ErrorReasons {
  const revived = (reason: ReasonForm): unknown =>
    'error' in reason ? revive(reason.error) : reason.value;
  return {
    ...(cause && { cause: revived(cause) }),
    ...(errors && { errors: errors.map(revived) }),
  };
}
