import { bufferOf, bytesOf, textOf } from '../../lib/memory/bytes.js';
import { lengthOf, popHead, pushBehind, pushInFront, rangeOf } from '../../lib/memory/lists.js';
import type { MemoryServer } from '../../lib/memory/memory-server.js';
import { membersBetween, scoreOf, setScore } from '../../lib/memory/sorted-sets.js';
import type { Store } from '../../lib/memory/store.js';

type Element = string | Buffer;

/** What tests look at a server with: commands of Redis, as ioredis has them. */
export interface Look {
  rpush(key: string, ...elements: Element[]): Promise<number>;
  lpush(key: string, ...elements: Element[]): Promise<number>;
  lpop(key: string): Promise<string | null>;
  lrange(key: string, first: number, last: number): Promise<string[]>;
  lrangeBuffer(key: string, first: number, last: number): Promise<Buffer[]>;
  llen(key: string): Promise<number>;
  /** Makes it a key of a kind that no operation expects. */
  set(key: string, text: string): Promise<unknown>;
  get(key: string): Promise<string | null>;
  del(...keys: string[]): Promise<number>;
  exists(...keys: string[]): Promise<number>;
  type(key: string): Promise<string>;
  keys(pattern: string): Promise<string[]>;
  expire(key: string, seconds: number): Promise<unknown>;
  pexpire(key: string, ms: number): Promise<unknown>;
  pttl(key: string): Promise<number>;
  ttl(key: string): Promise<number>;
  zadd(key: string, ...scoresAndMembers: (string | number)[]): Promise<unknown>;
  zscore(key: string, member: string): Promise<string | null>;
  zcard(key: string): Promise<number>;
  /** Of all members. @returns them in the order of their scores, each before its score where that is asked for. */
  zrange(key: string, first: 0, last: '-1', withScores?: 'WITHSCORES'): Promise<string[]>;
  hset(key: string, field: string, value: string | number): Promise<number>;
  hget(key: string, field: string): Promise<string | null>;
  hgetall(key: string): Promise<Record<string, string>>;
  time(): Promise<(number | string)[]>;
}

/** Looks at a server in this process as ioredis looks at Redis. */
export class MemoryLook implements Look {
  constructor(private readonly server: MemoryServer) {}

  async rpush(key: string, ...elements: Element[]): Promise<number> {
    return pushBehind(this.store, key, elements.map(bytesOf));
  }

  async lpush(key: string, ...elements: Element[]): Promise<number> {
    elements.forEach((element) => pushInFront(this.store, key, bytesOf(element)));
    return lengthOf(this.store, key);
  }

  async lpop(key: string): Promise<string | null> {
    const head = popHead(this.store, key);
    return head === undefined ? null : textOf(head);
  }

  async lrange(key: string, first: number, last: number): Promise<string[]> {
    return rangeOf(this.store, key, first, last).map(textOf);
  }

  async lrangeBuffer(key: string, first: number, last: number): Promise<Buffer[]> {
    return rangeOf(this.store, key, first, last).map(bufferOf);
  }

  async llen(key: string): Promise<number> {
    return lengthOf(this.store, key);
  }

  async set(key: string, text: string): Promise<unknown> {
    this.store.delete(key);
    return this.store.write('string', key, () => bytesOf(text));
  }

  async get(key: string): Promise<string | null> {
    const bytes = this.store.read('string', key);
    return bytes === undefined ? null : textOf(bytes);
  }

  async del(...keys: string[]): Promise<number> {
    return keys.filter((key) => this.store.delete(key)).length;
  }

  async exists(...keys: string[]): Promise<number> {
    return keys.filter((key) => this.store.has(key)).length;
  }

  async type(key: string): Promise<string> {
    return this.store.kindOf(key) ?? 'none';
  }

  /** @param pattern - ends or begins with the only `*`. */
  async keys(pattern: string): Promise<string[]> {
    const [start = '', end = ''] = pattern.split('*');
    return this.store.keys.filter((key) => key.startsWith(start) && key.endsWith(end));
  }

  async expire(key: string, seconds: number): Promise<unknown> {
    return this.pexpire(key, seconds * 1_000);
  }

  async pexpire(key: string, ms: number): Promise<unknown> {
    return this.store.expire(key, ms);
  }

  async pttl(key: string): Promise<number> {
    return this.store.timeLeft(key);
  }

  async ttl(key: string): Promise<number> {
    return Math.round(this.store.timeLeft(key) / 1_000);
  }

  async zadd(key: string, ...scoresAndMembers: (string | number)[]): Promise<unknown> {
    const { store } = this;
    for (let index = 0; index < scoresAndMembers.length; index += 2) {
      const [score, member = ''] = scoresAndMembers.slice(index, index + 2);
      setScore(store, key, bytesOf(member), Number(score));
    }
    return undefined;
  }

  async zscore(key: string, member: string): Promise<string | null> {
    const score = scoreOf(this.store, key, bytesOf(member));
    return score === undefined ? null : String(score);
  }

  async zcard(key: string): Promise<number> {
    return this.store.read('zset', key)?.size ?? 0;
  }

  async zrange(key: string, _first: 0, _last: '-1', scores?: 'WITHSCORES'): Promise<string[]> {
    return membersBetween(this.store, key, -Infinity, Infinity).flatMap(([member, score]) =>
      scores ? [textOf(member), String(score)] : [textOf(member)],
    );
  }

  async hset(key: string, field: string, value: string | number): Promise<number> {
    const fields = this.store.write('hash', key, () => new Map());
    fields.set(field, bytesOf(value));
    return 1;
  }

  async hget(key: string, field: string): Promise<string | null> {
    const value = this.store.read('hash', key)?.get(field);
    return value === undefined ? null : textOf(value);
  }

  async hgetall(key: string): Promise<Record<string, string>> {
    const fields = [...(this.store.read('hash', key) ?? [])];
    return Object.fromEntries(fields.map(([field, value]) => [field, textOf(value)]));
  }

  async time(): Promise<(number | string)[]> {
    const now = this.server.now();
    return [Math.floor(now / 1_000), (now % 1_000) * 1_000];
  }

  /** At this moment. */
  private get store(): Store {
    this.server.store.startOperation(this.server.now());
    return this.server.store;
  }
}
