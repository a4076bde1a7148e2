import { shardOf } from './cluster-load.js';
import type { Handover } from './handovers.js';
import type { Story } from './ledger.js';

/** What a handover did to requests. */
export interface HandoverFigures {
  /** Longest time until a requester had a reply from one of the shards after the takeover, ms. */
  readonly goesOnAfter: number;
  /** The request that ended then. */
  readonly slowest: Story | undefined;
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
  const [after, slowest] = slowestFirst(stories, hotQueue, handover);
  const until = taken + after;
  const latencies = stories
    .filter(({ queue, sent }) => queue !== hotQueue && sent >= from && sent < until)
    .filter(({ queue }) => !shards.includes(shardOf(queue)))
    .map(({ sent, ended = Infinity }) => ended - sent)
    .toSorted((one, other) => one - other);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    goesOnAfter: after,
    slowest,
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
function slowestFirst(
  stories: readonly Story[],
  hotQueue: string,
  { taken, shards }: Handover,
): [after: number, slowest: Story | undefined] {
  const firsts = new Map<string, [after: number, story: Story]>();
  for (const story of stories.toSorted((one, other) => one.sent - other.sent)) {
    const { queue, requester, sent, ended = Infinity } = story;
    const shard = shardOf(queue);
    if (queue === hotQueue || !shards.includes(shard) || ended < taken) {
      continue;
    }
    const key = `${requester} ${shard}`;
    const after = ended - Math.max(sent, taken);
    const [least, first] = firsts.get(key) ?? [];
    // Of those that waited the first that ended, else the first that was sent.
    if (!first || (sent <= taken && after < (least ?? Infinity))) {
      firsts.set(key, [after, story]);
    }
  }
  const [slowest] = [...firsts.values()].toSorted(([one], [other]) => other - one);
  return slowest ?? [0, undefined];
}

function rate(stories: readonly Story[], from: number, to: number): number {
  const count = stories.filter(({ ended = 0 }) => ended >= from && ended < to).length;
  return (count / Math.max(1, to - from)) * 1_000;
}
