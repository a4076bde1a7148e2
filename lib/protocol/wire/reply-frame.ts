import { parseWireError, type WireError } from './wire-error.js';

/** The position of a frame in a stream. */
export interface StreamPosition {
  /** The number of the delivery of the job, from 1. */
  readonly attempt: number;
  /** The number of values of the run before this frame. */
  readonly index: number;
  /** The id of the run: a job that was pushed twice may run twice at the same time. */
  readonly run: string;
}

/** A frame in a client's reply list: `[id, kind, payload]`, or for a stream `[id, kind, payload, attempt, index, run]`. */
export type ReplyFrame =
  /** The only reply, which ends the request. */
  | { readonly kind: 'r'; readonly id: string; readonly payload: unknown }
  /** One value of a stream. */
  | {
      readonly kind: 'n';
      readonly id: string;
      readonly payload: unknown;
      readonly position: StreamPosition;
    }
  /** The end of a stream; the index is the number of values. */
  | { readonly kind: 'c'; readonly id: string; readonly position: StreamPosition }
  /** An error, which ends the request; with a position where it ends a stream. */
  | {
      readonly kind: 'e';
      readonly id: string;
      readonly error: WireError;
      readonly position: StreamPosition | undefined;
    };

/** @param json - the value as JSON; left out = `undefined`, which JSON cannot express. */
export function encodeReply(id: string | number, json?: string): string {
  return json === undefined ? `[${JSON.stringify(id)},"r"]` : `[${JSON.stringify(id)},"r",${json}]`;
}

/** @param json - the value as JSON; left out = `undefined`, which arrives as `null`. */
export function encodeValue(
  id: string | number,
  json: string | undefined,
  position: StreamPosition,
): string {
  return `[${JSON.stringify(id)},"n",${json ?? 'null'},${positionText(position)}]`;
}

export function encodeEnd(id: string | number, position: StreamPosition): string {
  return `[${JSON.stringify(id)},"c",null,${positionText(position)}]`;
}

/** @param position - the position in the stream that the error ends, if any. */
export function encodeError(
  id: string | number,
  error: WireError,
  position?: StreamPosition,
): string {
  const end = position ? `,${positionText(position)}]` : ']';
  return `[${JSON.stringify(id)},"e",${JSON.stringify(error)}${end}`;
}

/** @returns `undefined` for an unreadable frame, or a kind that this version does not know. */
export function decodeFrame(text: string): ReplyFrame | undefined {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(frame) || typeof frame[0] !== 'string') {
    return undefined;
  }
  const [id, kind, payload] = frame as [string, ...unknown[]];
  if (kind === 'r') {
    return { kind, id, payload };
  }
  const position = parsePosition(frame.slice(3));
  if (kind === 'e') {
    return { kind, id, error: parseWireError(payload), position };
  }
  if (!position) {
    return undefined;
  }
  switch (kind) {
    case 'n':
      return { kind, id, payload, position };
    case 'c':
      return { kind, id, position };
    default:
      return undefined;
  }
}

const positionText = ({ attempt, index, run }: StreamPosition): string =>
  `${attempt},${index},${JSON.stringify(run)}`;

function parsePosition([attempt, index, run]: readonly unknown[]): StreamPosition | undefined {
  return typeof attempt === 'number' && typeof index === 'number' && typeof run === 'string'
    ? { attempt, index, run }
    : undefined;
}
