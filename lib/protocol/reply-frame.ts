import { readErrorForm, type ErrorForm } from './error-form.js';

/** A frame in a client's reply list: `[id, kind, payload]`. */
export type ReplyFrame =
  /** The one reply, and the end. */
  | { readonly kind: 'r'; readonly id: string; readonly payload: unknown }
  /** One value of a stream; `attempt` when it is not the first. */
  | { readonly kind: 'n'; readonly id: string; readonly payload: unknown; readonly attempt: number }
  /** The end of a stream. */
  | { readonly kind: 'c'; readonly id: string }
  /** An error, and the end. */
  | { readonly kind: 'e'; readonly id: string; readonly error: ErrorForm };

/** @param json - the value as JSON; absent = `undefined`, which JSON has no form for. */
export function encodeReply(id: string | number, json?: string): string {
  return json === undefined ? `[${JSON.stringify(id)},"r"]` : `[${JSON.stringify(id)},"r",${json}]`;
}

export function encodeError(id: string | number, error: ErrorForm): string {
  return `[${JSON.stringify(id)},"e",${JSON.stringify(error)}]`;
}

/** @returns `undefined` for what is no frame, or is of a kind that this version does not know. */
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
  const [id, kind, payload, attempt] = frame as [string, ...unknown[]];
  switch (kind) {
    case 'r':
      return { kind, id, payload };
    case 'n':
      return { kind, id, payload, attempt: typeof attempt === 'number' ? attempt : 1 };
    case 'c':
      return { kind, id };
    case 'e':
      return { kind, id, error: readErrorForm(payload) };
    default:
      return undefined;
  }
}
