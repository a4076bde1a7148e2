import { shardOf } from './cluster-load.js';
import type { Handover } from './handovers.js';
import type { Story } from './ledger.js';

/** What a handover did to requests. */
export interface HandoverFigures {
  /** Longest time until a requester had a reply from one of the shards after the takeover, ms. */
  readonly goesOnAfter: number;
  /** Latencies of the requests to other shards meanwhile, ms. */
  readonly p50: number;
  readonly p99: number;
  /** Requests per second that ended, in all shards. */
  readonly rateBefore: number;
  readonly rateDuring: number;
}

/** How much of the time before a handover is compared with it, ms. */
const BEFORE_MS = 1_000;

/** @param hotQueue - is in all shards, so that its requests tell nothing of one of them. */
export function figuresOf(
  stories: readonly Story[],
  hotQueue: string,
  handover: Handover,
): HandoverFigures {
  const { from, taken, shards } = handover;
  const until = taken + goesOnAfter(stories, hotQueue, handover);
  const latencies = stories
    .filter(({ queue, sent }) => queue !== hotQueue && sent >= from && sent < until)
    .filter(({ queue }) => !shards.includes(shardOf(queue)))
    .map(({ sent, ended = Infinity }) => ended - sent)
    .toSorted((one, other) => one - other);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    goesOnAfter: until - taken,
    p50: at(0.5),
    p99: at(0.99),
    rateBefore: rate(stories, from - BEFORE_MS, from),
    rateDuring: rate(stories, from, until),
  };
}

/**
 * Looks at each requester in each shard, since each has connections of its own to it: at the first end of what waited when the new owner
 * took over, else at the first request after that.
 */
function goesOnAfter(
  stories: readonly Story[],
  hotQueue: string,
  { taken, shards }: Handover,
): number {
  const waiting = new Map<string, number>();
  const later = new Map<string, Story>();
  for (const story of stories) {
    const { queue, requester, sent, ended = Infinity } = story;
    const shard = shardOf(queue);
    if (queue === hotQueue || !shards.includes(shard) || ended < taken) {
      continue;
    }
    const key = `${requester} ${shard}`;
    if (sent <= taken) {
      waiting.set(key, Math.min(waiting.get(key) ?? Infinity, ended - taken));
    } else if (sent < (later.get(key)?.sent ?? Infinity)) {
      later.set(key, story);
    }
  }
  const times = [...later].map(
    ([key, { sent, ended = Infinity }]) => waiting.get(key) ?? ended - sent,
  );
  return Math.max(...times, ...waiting.values());
}

function rate(stories: readonly Story[], from: number, to: number): number {
  const count = stories.filter(({ ended = 0 }) => ended >= from && ended < to).length;
  return (count / Math.max(1, to - from)) * 1_000;
}
