import { isRecord } from '../../errors/value-text.js';
import { readJson } from './read-json.js';

/** What the workers of a queue are asked on the control channel. */
export type ControlMessage =
  /** To renew their lease, and so hear at once whether the queue is paused. */
  | { readonly ask: 'renew'; readonly queue: string }
  /** To push what they run to the reply list of the client `to`. */
  | { readonly ask: 'running'; readonly queue: string; readonly to: string };

export const encodeControlMessage = (message: ControlMessage): string => JSON.stringify(message);

/** Longest message, and longest id of a client in it, UTF-16 units. */
const MAX_MESSAGE_UTF16_UNITS = 16_384;
const MAX_ID_UTF16_UNITS = 256;

/** @returns `undefined` for an unreadable message, or one that this version does not know. Any process may have published it. */
export function decodeControlMessage(text: string): ControlMessage | undefined {
  if (text.length > MAX_MESSAGE_UTF16_UNITS) {
    return undefined;
  }
  const message = readJson(text);
  if (!isRecord(message)) {
    return undefined;
  }
  const { ask, queue, to } = message;
  if (typeof queue !== 'string') {
    return undefined;
  }
  if (ask === 'renew') {
    return { ask, queue };
  }
  return ask === 'running' && typeof to === 'string' && to.length <= MAX_ID_UTF16_UNITS
    ? { ask, queue, to }
    : undefined;
}
