import type { DeadLetter } from '../../admin/dead-letter.js';
import type { WaitingJob } from '../../admin/waiting-job.js';
import type { LetterView, TextView, WaitingJobView } from '../dashboard-api.js';
import { cutText, textView } from './cut-text.js';

/** @returns a waiting job as the page shows it. Anybody may have written it: each text is cut. */
export function jobView({ data, element, ...job }: WaitingJob, most: number): WaitingJobView {
  const isReadable = job.problem === undefined;
  return {
    ...job,
    id: idView(job.id, most),
    headers: headersView(job.headers, most),
    problem: job.problem && cutText(job.problem, most),
    data: isReadable ? dataView(data, element, most) : textView(element, most),
  };
}

/** @returns a dead letter as the page shows it. */
export function letterView({ data, text, ...letter }: DeadLetter, most: number): LetterView {
  const isReadable = letter.jobId !== undefined;
  return {
    ...letter,
    jobId: idView(letter.jobId, most),
    message: cutText(letter.message, most),
    error: letter.error && errorView(letter.error, most),
    headers: headersView(letter.headers, most),
    data: isReadable ? dataView(data, text, most) : textView(text, most),
  };
}

/** @returns data as JSON; the text of its job where the data is nested too deeply to be written. */
function dataView(data: unknown, jobText: string, most: number): TextView {
  return textView(data === undefined ? '' : (jsonOf(data) ?? jobText), most);
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

const idView = (id: WaitingJob['id'], most: number): WaitingJob['id'] =>
  typeof id === 'string' ? cutText(id, most) : id;

/** Leaves the reasons and details of an error out where they are too long. */
function errorView(
  error: NonNullable<DeadLetter['error']>,
  most: number,
): NonNullable<DeadLetter['error']> {
  if ((jsonOf(error)?.length ?? Infinity) <= most) {
    return error;
  }
  const { name, message, code, status, stack } = error;
  return {
    name: cutText(name, most),
    message: cutText(message, most),
    code: typeof code === 'string' ? cutText(code, most) : code,
    status,
    stack: stack && cutText(stack, most),
  };
}

/** Cuts the headers so that all together have so many characters; those that do not fit are counted. */
function headersView(
  headers: Readonly<Record<string, string>>,
  most: number,
): Readonly<Record<string, string>> {
  const names = Object.keys(headers);
  const shown: [string, string][] = [];
  let left = most;
  for (const name of names) {
    const value = cutText(headers[name] ?? '', left - name.length);
    if (left - name.length <= 0) {
      break;
    }
    shown.push([name, value.length < (headers[name] ?? '').length ? `${value}…` : value]);
    left -= name.length + value.length;
  }
  const rest = names.length - shown.length;
  return Object.fromEntries(rest > 0 ? [...shown, ['…', `and ${rest} more`]] : shown);
}
