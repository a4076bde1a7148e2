import { truncate, isError, propertyOf } from '../../errors/error-text.js';
import type { ErrorReasons } from '../../errors/index.js';
import { isRecord } from '../../errors/value-text.js';
import type { WireError } from './wire-error.js';

/** One reason of an error as it is sent: a wire error, or any other value. */
export type WireReason = { readonly error: WireError } | { readonly value: unknown };

/** The reasons of an error as they are sent. Processes of earlier versions ignore them. */
export interface WireReasons {
  readonly cause?: WireReason | undefined;
  /** The errors of an `AggregateError`. */
  readonly errors?: readonly WireReason[] | undefined;
}

/** Limits for one error: the depth of reasons, the errors of one `AggregateError`, and all reasons together. */
const MAX_REASON_DEPTH = 8;
const MAX_AGGREGATE_ERRORS = 16;
const MAX_REASONS = 32;

/** Limits for the length of a message, of a value or details, and of all reasons of one error together. */
const MAX_MESSAGE_CHARACTERS = 1_000;
const MAX_VALUE_CHARACTERS = 4_000;
const MAX_TOTAL_CHARACTERS = 32_000;

/** Converts an error without its reasons. */
type ToWireError = (error: unknown) => WireError;

/** Converts the reasons of a thrown error: bounded, and without cycles. Never throws. */
export function toWireReasons(error: unknown, formOf: ToWireError): WireReasons {
  return new ReasonCollector(formOf).of(error, [error]);
}

class ReasonCollector {
  private reasonsLeft = MAX_REASONS;
  private charactersLeft = MAX_TOTAL_CHARACTERS;

  constructor(private readonly formOf: ToWireError) {}

  /** @param seen - the errors from the thrown one down to this one. */
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

  /** Copies a value through JSON; `undefined` where JSON cannot write it or the result is too long. */
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

/** Returns the errors of an `AggregateError` or a similar error; none where the property `errors` holds something else. */
export function errorsOf(error: unknown): readonly unknown[] {
  const errors = propertyOf(error, 'errors');
  try {
    return Array.isArray(errors) && errors.some(isError) ? errors : [];
  } catch {
    return [];
  }
}

/** Removes all stacks of an error and its reasons. */
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
 * Reads the reasons of an error from a frame. Never throws.
 * @param readForm - reads an error at a given depth.
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

/** @param revive - converts a wire error back into an error. */
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
