import type { Bytes } from './bytes.js';
import { noSuchKey, wrongType } from './reply-error.js';

/** What each kind of key holds. A sorted set is sorted when it is read. */
interface Kinds {
  readonly list: Bytes[];
  readonly hash: Map<Bytes, Bytes>;
  readonly zset: Map<Bytes, number>;
  /** Is read by no operation, and refused by most where somebody else has put it. */
  readonly string: Bytes;
}

type Kind = keyof Kinds;

interface Entry {
  readonly kind: Kind;
  readonly value: Kinds[Kind];
  /** When it runs out, ms, by the clock of the server; `undefined` = never. */
  expiry: number | undefined;
}

/** How often keys that nobody asks for are looked through for those that have run out, ms. */
const EXPIRY_SWEEP_INTERVAL_MS = 1_000;

/** The keys of a server, as Redis keeps them: what is left empty is gone, and what has run out as well. */
export class Store {
  /** The moment of the operation that is being carried out, ms since the epoch: an operation takes no time. */
  now = 0;
  /** Hears of the elements that come to a list. */
  onPush: (key: string, elements: readonly Bytes[]) => void = () => undefined;
  private readonly entries = new Map<string, Entry>();
  /** Lists that were made since they were last asked for, in that order. */
  private newLists = new Set<string>();
  private nextExpirySweep = 0;

  /** An operation begins. */
  startOperation(now: number): void {
    this.now = now;
    if (now >= this.nextExpirySweep) {
      this.nextExpirySweep = now + EXPIRY_SWEEP_INTERVAL_MS;
      [...this.entries.keys()].forEach((key) => this.find(key));
    }
  }

  /** @returns the lists that were made since the last call. */
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

  /** @returns what is changed in place; `undefined` where there is no such key. @throws ReplyError for one of another kind. */
  read<Of extends Kind>(kind: Of, key: string): Kinds[Of] | undefined {
    const entry = this.find(key);
    if (entry !== undefined && entry.kind !== kind) {
      throw wrongType();
    }
    return entry?.value as Kinds[Of] | undefined;
  }

  /** As {@link read}, and makes the key where there is none: the caller puts something in. */
  write<Of extends Kind>(kind: Of, key: string, empty: () => Kinds[Of]): Kinds[Of] {
    const found = this.read(kind, key);
    if (found !== undefined) {
      return found;
    }
    const value = empty();
    this.put(key, { kind, value, expiry: undefined });
    return value;
  }

  /** Removes a key from which everything was removed. */
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

  /** Puts a key in the place of another one. @throws ReplyError where there is none. */
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

  /** @param ms - from now on; what has no time left is gone at once. */
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

  /** @returns how long a key lives, ms; -1 where it does for good, -2 where there is none. */
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
