import { messageOf } from '../../errors/error-text.js';

// A job as `requests` and `active` hold it: `[id, data]` (version 1) or `[id, data, meta]` (version 2). A version 1 worker ignores
// the third item. JSON allows white space around a value: each space before it counts one redelivery, and a line feed after it
// says that values of its stream were sent.

/** The data that a version 2 job carries in addition. */
export interface JobMeta {
  /** The client to reply to; `undefined` if nobody waits. */
  readonly replyTo?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Maximum number of deliveries allowed for this job; `undefined` = the handler's own limit. */
  readonly maxDeliveries?: number | undefined;
}

/** A job that could be read. */
export interface Job extends JobMeta {
  readonly version: 1 | 2;
  readonly id: string | number;
  data: unknown;
  /** The time when the job was pushed, ms, Redis clock. */
  readonly pushedAt?: number | undefined;
  /** The time when the job expires, ms, Redis clock. */
  readonly deadline?: number | undefined;
  /** Number of earlier deliveries. */
  readonly redeliveries: number;
}

/** A job that could not be read. */
export interface UnreadableJob {
  readonly version: 0;
  readonly reason: string;
}

/** Longest text that {@link completeJob} appends, bytes: two timestamps of 13 digits, their names and brackets. */
export const COMPLETION_BYTES = 37;

export function encodeOriginalJob(id: string, dataJson: string): string {
  return `[${JSON.stringify(id)},${dataJson}]`;
}

/** Encodes the part of a version 2 element that is known when the request is made; {@link completeJob} adds the rest. */
export function encodeJob(id: string, dataJson: string, meta: JobMeta): string {
  const { replyTo, headers, maxDeliveries } = meta;
  // The meta of most jobs has only the client to reply to.
  const metaJson =
    headers === undefined && maxDeliveries === undefined && replyTo !== undefined
      ? `{"c":${JSON.stringify(replyTo)}}`
      : JSON.stringify({ c: replyTo, h: headers, n: maxDeliveries });
  const open = metaJson === '{}' ? '{' : `${metaJson.slice(0, -1)},`;
  return `[${JSON.stringify(id)},${dataJson},${open}`;
}

/** Completes an element with the times, which are known when it is pushed. Does not read the text, which may be long. */
export function completeJob(encoded: string, pushedAt: number, deadline?: number): string {
  return deadline === undefined
    ? `${encoded}"t":${pushedAt}}]`
    : `${encoded}"t":${pushedAt},"d":${deadline}}]`;
}

/** Follows a job in its slot once its stream has begun. */
export const STREAM_MARK = '\n';

/** Whether values of the stream of a job were sent, so that the job must not start again. */
export const hasSentValues = (element: string): boolean => element.endsWith(STREAM_MARK);

/** Marks a job as delivered once more. */
export const asRedelivered = (element: string): string => ` ${element}`;

/** Marks a job as pushed again: Redis may have it already, so this counts as a delivery, but no worker was lost with it. */
export const asPushedAgain = (element: string): string => ` \t${element}`;

/** Whether a worker that had the job was lost. */
export function hasLostWorker(element: string): boolean {
  const deliveries = leadingSpaces(element);
  return deliveries > (element[deliveries] === '\t' ? 1 : 0);
}

export function decodeJob(element: string): Job | UnreadableJob {
  let item: unknown;
  try {
    item = JSON.parse(element);
  } catch (error) {
    return unreadable(`not JSON: ${messageOf(error)}`);
  }
  if (!Array.isArray(item) || item.length < 2) {
    return unreadable('expected an array [id, data] or [id, data, meta]');
  }
  const [id, data, meta] = item as unknown[];
  if (typeof id !== 'string' && typeof id !== 'number') {
    return unreadable(`expected the id to be a string or a number, got ${kindOf(id)}`);
  }
  const redeliveries = leadingSpaces(element);
  if (item.length === 2) {
    return { version: 1, id, data, redeliveries };
  }
  if (!isRecord(meta)) {
    return unreadable(`expected the meta to be an object, got ${kindOf(meta)}`);
  }
  for (const [name, isRight, expected] of META_FIELDS) {
    if (meta[name] !== undefined && !isRight(meta[name])) {
      return unreadable(`expected meta.${name} to be ${expected}, got ${kindOf(meta[name])}`);
    }
  }
  const { c, t, d, h, n } = meta as WireMeta;
  return {
    version: 2,
    id,
    data,
    redeliveries,
    replyTo: c,
    pushedAt: t,
    deadline: d,
    headers: h,
    maxDeliveries: n,
  };
}

/** The meta by its names on the wire; unknown ones are ignored. */
interface WireMeta {
  readonly c?: string;
  readonly t?: number;
  readonly d?: number;
  readonly h?: Record<string, string>;
  readonly n?: number;
}

const isString = (value: unknown): boolean => typeof value === 'string';
const isHeaders = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every(isString);

const META_FIELDS: readonly (readonly [keyof WireMeta, (value: unknown) => boolean, string])[] = [
  ['c', isString, 'a string'],
  ['t', Number.isSafeInteger, 'an integer'],
  ['d', Number.isSafeInteger, 'an integer'],
  ['h', isHeaders, 'an object of strings'],
  ['n', Number.isSafeInteger, 'an integer'],
];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `${typeof value}`;
}

function leadingSpaces(element: string): number {
  let count = 0;
  while (element.charCodeAt(count) === 0x20) {
    count++;
  }
  return count;
}

function unreadable(reason: string): UnreadableJob {
  return { version: 0, reason };
}
