import {
  countKeys,
  deleteKey,
  expireKey,
  renameKey,
  renameKeyIfFree,
} from '../../protocol/operations/keys.js';
import { listLines } from '../../protocol/operations/list-lines.js';
import {
  listHead,
  listLength,
  moveHead,
  pushToList,
  readList,
  readListBytes,
  trimList,
} from '../../protocol/operations/lists.js';
import { publish } from '../../protocol/operations/publish.js';
import { bufferOf, bytesOf, textOf, type Bytes } from '../bytes.js';
import { elementAt, lengthOf, moveHeadTo, pushBehind, rangeOf, trim } from '../lists.js';
import { entry, type Entry } from './carry-out.js';

/** All commands that do not block. */
export const COMMANDS: readonly Entry[] = [
  entry(deleteKey, ({ store }, key) => void store.delete(key)),
  entry(expireKey, ({ store }, { key, ms }) => void store.expire(key, ms)),
  entry(renameKey, ({ store }, { key, to }) => void store.rename(key, to)),
  entry(renameKeyIfFree, ({ store }, { key, to }) => {
    if (store.has(key) && store.has(to)) {
      return false;
    }
    store.rename(key, to);
    return true;
  }),
  entry(countKeys, ({ store }, keys) => keys.filter((key) => store.has(key)).length),
  entry(pushToList, ({ store }, { list, elements }) =>
    pushBehind(store, list, elements.map(bytesOf)),
  ),
  entry(readList, ({ store }, { list, first, last }) =>
    rangeOf(store, list, first, last).map(textOf),
  ),
  entry(readListBytes, ({ store }, { list, first, last }) =>
    rangeOf(store, list, first, last).map(bufferOf),
  ),
  entry(trimList, ({ store }, { list, first, last }) => void trim(store, list, first, last)),
  entry(listLength, ({ store }, list) => lengthOf(store, list)),
  entry(listHead, ({ store }, list) => textOrNull(elementAt(store, list, 0))),
  entry(moveHead, ({ store }, { from, to }) => textOrNull(moveHeadTo(store, from, to))),
  entry(publish, (site, { channel, message }) => void site.publish(channel, message)),
  // The answer does not name the server, because that of Redis does not either.
  entry(listLines, ({ lines }, ids) =>
    lines.flatMap((line) => (ids.includes(line.id) ? [{ ...line, server: undefined }] : [])),
  ),
];

const textOrNull = (bytes: Bytes | undefined): string | null =>
  bytes === undefined ? null : textOf(bytes);
