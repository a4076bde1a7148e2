import { truncate, isError, messageOf } from '../../errors/error-text.js';
import { isRecord, kindOf } from '../../errors/value-text.js';
import type { WireError } from '../../protocol/wire/wire-error.js';
import type { WireReason } from '../../protocol/wire/wire-reasons.js';

/** Maximum number of characters of the message of an error, and of its details, that are shown. */
const MAX_MESSAGE_CHARACTERS = 1_000;
const MAX_DETAILS_CHARACTERS = 500;

/** Maximum number of causes of an error, and errors of an `AggregateError`, that are shown. */
const MAX_CAUSES = 3;
const MAX_ERRORS = 3;

/**
 * @returns one line about a failure: name and message of the error, its details, and its causes.
 * @param form - the error as it is sent.
 */
export function failureText(error: unknown, form: WireError): string {
  return isError(error)
    ? textOf(form, MAX_CAUSES)
    : `${truncate(messageOf(error), MAX_MESSAGE_CHARACTERS)} (threw ${kindOfThrown(error)}, not an Error)`;
}

function kindOfThrown(thrown: unknown): string {
  try {
    return kindOf(thrown);
  } catch {
    return 'a revoked proxy';
  }
}

function textOf(form: WireError, causesLeft: number): string {
  const message = truncate(form.message, MAX_MESSAGE_CHARACTERS);
  return `${form.name}: ${message}${bodyOf(form)}${causeOf(form, causesLeft)}${errorsOf(form, causesLeft)}`;
}

/** @returns what the body of an `HttpException`, or the argument of an `RpcException`, adds to the message. */
function bodyOf({ details, message }: WireError): string {
  const body = isRecord(details) && 'message' in details ? details['message'] : details;
  if (body === undefined || body === message) {
    return '';
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return `: ${truncate(text, MAX_DETAILS_CHARACTERS)}`;
}

function causeOf({ cause, message }: WireError, causesLeft: number): string {
  if (!cause || causesLeft === 0) {
    return '';
  }
  // An error that wraps another one often repeats its message.
  const isSaid =
    'error' in cause && cause.error.message !== '' && message.includes(cause.error.message);
  return isSaid && !cause.error.cause ? '' : `; cause: ${reasonText(cause, causesLeft - 1)}`;
}

function errorsOf({ errors = [] }: WireError, causesLeft: number): string {
  if (errors.length === 0 || causesLeft === 0) {
    return '';
  }
  const shown = errors.slice(0, MAX_ERRORS).map((each) => reasonText(each, causesLeft - 1));
  const more = errors.length > MAX_ERRORS ? `, and ${errors.length - MAX_ERRORS} more` : '';
  return `; errors: ${shown.join(', ')}${more}`;
}

const reasonText = (reason: WireReason, causesLeft: number): string =>
  'error' in reason
    ? textOf(reason.error, causesLeft)
    : truncate(messageOf(reason.value), MAX_DETAILS_CHARACTERS);
