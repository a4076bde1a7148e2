import type { Bytes } from './bytes.js';
import { noSuchKey, wrongType } from './reply-error.js';

/** Value type of each kind of key. A sorted set is sorted when it is read. */
interface Kinds {
  readonly list: Bytes[];
  readonly hash: Map<Bytes, Bytes>;
  readonly zset: Map<Bytes, number>;
  /** A value that only tests set: most operations refuse such a key. */
  readonly string: Bytes;
}

type Kind = keyof Kinds;

interface Entry {
  readonly kind: Kind;
  readonly value: Kinds[Kind];
  /** The time when the key expires, ms by the server's clock; `undefined` = never. */
  expiry: number | undefined;
}

/** Time between two checks of all keys for expired ones. */
const EXPIRY_SWEEP_INTERVAL_MS = 1_000;

/** The keys of a server. As in Redis, empty and expired keys are removed. */
export class Store {
  /** Time of the current operation, ms since the epoch; an operation takes no time. */
  now = 0;
  /** Is called with the elements that are pushed to a list. */
  onPush: (key: string, elements: readonly Bytes[]) => void = () => undefined;
  private readonly entries = new Map<string, Entry>();
  /** Lists that were created since the last {@link takeNewLists}, in that order. */
  private newLists = new Set<string>();
  private nextExpirySweep = 0;

  /** Sets the time of the next operation. */
  startOperation(now: number): void {
    this.now = now;
    if (now >= this.nextExpirySweep) {
      this.nextExpirySweep = now + EXPIRY_SWEEP_INTERVAL_MS;
      [...this.entries.keys()].forEach((key) => this.find(key));
    }
  }

  /** @returns the lists that were created since the last call. */
  takeNewLists(): readonly string[] {
    if (this.newLists.size === 0) {
      return [];
    }
    const made = [...this.newLists];
    this.newLists.clear();
    return made;
  }

  get keys(): string[] {
    return [...this.entries.keys()].filter((key) => this.find(key) !== undefined);
  }

  kindOf(key: string): Kind | undefined {
    return this.find(key)?.kind;
  }

  /** @returns the value, to be changed in place; `undefined` if there is no such key. @throws ReplyError for another kind. */
  read<Of extends Kind>(kind: Of, key: string): Kinds[Of] | undefined {
    const entry = this.find(key);
    if (entry !== undefined && entry.kind !== kind) {
      throw wrongType();
    }
    return entry?.value as Kinds[Of] | undefined;
  }

  /** Does the same as {@link read}, but creates a missing key. The caller must add an element. */
  write<Of extends Kind>(kind: Of, key: string, empty: () => Kinds[Of]): Kinds[Of] {
    const found = this.read(kind, key);
    if (found !== undefined) {
      return found;
    }
    const value = empty();
    this.put(key, { kind, value, expiry: undefined });
    return value;
  }

  /** Removes a key without elements. */
  deleteIfEmpty(key: string): void {
    const entry = this.entries.get(key);
    if (entry && sizeOf(entry.value) === 0) {
      this.entries.delete(key);
    }
  }

  delete(key: string): boolean {
    return this.find(key) !== undefined && this.entries.delete(key);
  }

  has(key: string): boolean {
    return this.find(key) !== undefined;
  }

  /** Renames a key, which replaces an existing one. @throws ReplyError if there is no such key. */
  rename(key: string, to: string): void {
    const entry = this.find(key);
    if (!entry) {
      throw noSuchKey();
    }
    if (key !== to) {
      this.entries.delete(key);
      this.put(to, entry);
    }
  }

  /** @param ms - TTL; a key with no time left is removed at once. */
  expire(key: string, ms: number): void {
    const entry = this.find(key);
    if (entry && ms <= 0) {
      this.entries.delete(key);
    } else if (entry) {
      entry.expiry = this.now + ms;
    }
  }

  persist(key: string): void {
    const entry = this.find(key);
    if (entry) {
      entry.expiry = undefined;
    }
  }

  /** @returns the TTL of a key, ms; -1 without a TTL, -2 if there is no such key. */
  timeLeft(key: string): number {
    const entry = this.find(key);
    if (!entry) {
      return -2;
    }
    return entry.expiry === undefined ? -1 : entry.expiry - this.now;
  }

  private put(key: string, entry: Entry): void {
    this.entries.set(key, entry);
    if (entry.kind === 'list') {
      this.newLists.add(key);
    }
  }

  private find(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry?.expiry !== undefined && this.now > entry.expiry) {
      this.entries.delete(key);
      return undefined;
    }
    return entry;
  }
}

const sizeOf = (value: Kinds[Kind]): number => (value instanceof Map ? value.size : value.length);
