import type { DeadJobReply } from '../../protocol/operations/move-to-dead-list.js';
import type { ListSize } from '../../protocol/operations/lua-list-size.js';
import { bytesOf } from '../bytes.js';
import { pushBehind } from '../lists.js';
import type { Store } from '../store.js';

/** Memory that Redis needs for an element beside its bytes, about. */
const ELEMENT_OVERHEAD_BYTES = 16;

/** Lets a reply list live so long from now on at least; never shorter than before. */
export function keepAlive(store: Store, list: string, ttl: number): void {
  if (store.timeLeft(list) < ttl) {
    store.expire(list, ttl);
  }
}

/** @throws ReplyError where the list is none. */
export function replyForDeadJob(store: Store, { list, text, ttl }: DeadJobReply): void {
  pushBehind(store, list, [bytesOf(text)]);
  keepAlive(store, list, ttl);
}

/** How much lies in a list. @throws ReplyError where it is none. */
export function sizeOf(store: Store, key: string): ListSize {
  const list = store.read('list', key) ?? [];
  const bytes = list.reduce((sum, element) => sum + element.length + ELEMENT_OVERHEAD_BYTES, 0);
  return { length: list.length, bytes };
}
