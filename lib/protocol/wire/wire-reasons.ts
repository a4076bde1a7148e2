import { truncate, isError, propertyOf } from '../../errors/error-text.js';
import type { ErrorReasons } from '../../errors/index.js';
import { isRecord } from '../../errors/value-text.js';
import type { WireError } from './wire-error.js';

/** What led to an error, as it travels: an error by its form, anything else as the value that it is. */
export type WireReason = { readonly error: WireError } | { readonly value: unknown };

/** What led to an error, in its form. Processes of earlier versions pass it over. */
export interface WireReasons {
  readonly cause?: WireReason | undefined;
  /** The errors of an `AggregateError`. */
  readonly errors?: readonly WireReason[] | undefined;
}

/** How far down reasons are followed, how many errors of one `AggregateError` travel, and how many reasons in all. */
const MAX_REASON_DEPTH = 8;
const MAX_AGGREGATE_ERRORS = 16;
const MAX_REASONS = 32;

/** Characters of a message, of a value or of details, and of all that led to one error together. */
const MAX_MESSAGE_CHARACTERS = 1_000;
const MAX_VALUE_CHARACTERS = 4_000;
const MAX_TOTAL_CHARACTERS = 32_000;

/** Turns an error into its form, without what led to it. */
type ToWireError = (error: unknown) => WireError;

/** What led to an error that was thrown: bounded, without cycles, and never throws. */
export function toWireReasons(error: unknown, formOf: ToWireError): WireReasons {
  return new ReasonCollector(formOf).of(error, [error]);
}

class ReasonCollector {
  private reasonsLeft = MAX_REASONS;
  private charactersLeft = MAX_TOTAL_CHARACTERS;

  constructor(private readonly formOf: ToWireError) {}

  /** @param seen - the errors on the way down. */
  of(error: unknown, seen: readonly unknown[]): WireReasons {
    if (seen.length > MAX_REASON_DEPTH) {
      return {};
    }
    const cause = propertyOf(error, 'cause');
    const errors = errorsOf(error);
    const forms: { -readonly [Name in keyof WireReasons]: WireReasons[Name] } = {};
    const causeForm = cause === undefined ? undefined : this.reasonOf(cause, seen);
    if (causeForm) {
      forms.cause = causeForm;
    }
    if (errors.length > 0) {
      forms.errors = errors
        .slice(0, MAX_AGGREGATE_ERRORS)
        .map((each) => this.reasonOf(each, seen))
        .filter((form) => form !== undefined);
    }
    return forms;
  }

  private reasonOf(reason: unknown, seen: readonly unknown[]): WireReason | undefined {
    if (seen.includes(reason) || this.reasonsLeft <= 0 || this.charactersLeft <= 0) {
      return undefined;
    }
    this.reasonsLeft--;
    const form = isError(reason)
      ? { error: { ...this.shortened(reason), ...this.of(reason, [...seen, reason]) } }
      : { value: this.valueOf(reason) };
    return 'value' in form && form.value === undefined ? undefined : form;
  }

  private shortened(error: unknown): WireError {
    const { details, fields, stack, ...form } = this.formOf(error);
    const message = truncate(form.message, MAX_MESSAGE_CHARACTERS);
    const shownStack = stack && truncate(stack, MAX_VALUE_CHARACTERS);
    this.charactersLeft -= message.length + (shownStack?.length ?? 0);
    const known = {
      ...form,
      name: truncate(form.name, MAX_MESSAGE_CHARACTERS),
      message,
      code: typeof form.code === 'string' ? truncate(form.code, MAX_MESSAGE_CHARACTERS) : form.code,
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
      const json = JSON.stringify(
        typeof value === 'string' ? truncate(value, MAX_MESSAGE_CHARACTERS) : value,
      );
      if (json === undefined || json.length > Math.min(MAX_VALUE_CHARACTERS, this.charactersLeft)) {
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
export function withoutStacks(error: WireError): WireError {
  const { stack: _stack, cause, errors, ...form } = error;
  return {
    ...form,
    ...(cause && { cause: reasonWithoutStacks(cause) }),
    ...(errors && { errors: errors.map(reasonWithoutStacks) }),
  };
}

const reasonWithoutStacks = (reason: WireReason): WireReason =>
  'error' in reason ? { error: withoutStacks(reason.error) } : reason;

/**
 * Reads what led to an error from a frame, however odd.
 * @param readForm - reads the form of an error that is so far down.
 */
export function parseWireReasons(
  { cause, errors }: Readonly<Record<string, unknown>>,
  depth: number,
  readForm: (payload: unknown, depth: number) => WireError,
): WireReasons {
  const read = (reason: unknown): WireReason[] => {
    if (!isRecord(reason) || depth >= MAX_REASON_DEPTH) {
      return [];
    }
    return 'error' in reason
      ? [{ error: readForm(reason['error'], depth + 1) }]
      : 'value' in reason
        ? [{ value: reason['value'] }]
        : [];
  };
  const [causeForm] = read(cause);
  const forms = Array.isArray(errors)
    ? errors.slice(0, MAX_AGGREGATE_ERRORS).flatMap(read)
    : undefined;
  return { ...(causeForm && { cause: causeForm }), ...(forms && { errors: forms }) };
}

/** @param revive - makes an error of its form. */
export function reviveReasons(
  { cause, errors }: WireReasons,
  revive: (form: WireError) => Error,
): ErrorReasons {
  const revived = (reason: WireReason): unknown =>
    'error' in reason ? revive(reason.error) : reason.value;
  return {
    ...(cause && { cause: revived(cause) }),
    ...(errors && { errors: errors.map(revived) }),
  };
}
