import type { DeadJobReply } from '../../protocol/operations/move-to-dead-letters.js';
import type { ListSize } from '../../protocol/operations/lua-list-size.js';
import { bytesOf } from '../bytes.js';
import { pushBehind } from '../lists.js';
import type { Store } from '../store.js';

/** Memory that Redis needs for an element besides its content, about. */
const ELEMENT_OVERHEAD_BYTES = 16;

/** Sets the TTL of a reply list, unless it already lives longer. */
export function keepAlive(store: Store, list: string, ttl: number): void {
  if (store.timeLeft(list) < ttl) {
    store.expire(list, ttl);
  }
}

/** @throws ReplyError if the key is not a list. */
export function replyForDeadJob(store: Store, { list, text, ttl }: DeadJobReply): void {
  pushBehind(store, list, [bytesOf(text)]);
  keepAlive(store, list, ttl);
}

/** @returns length and memory of a list. @throws ReplyError if the key is not a list. */
export function sizeOf(store: Store, key: string): ListSize {
  const list = store.read('list', key) ?? [];
  const bytes = list.reduce((sum, element) => sum + element.length + ELEMENT_OVERHEAD_BYTES, 0);
  return { length: list.length, bytes };
}
