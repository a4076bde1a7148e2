import { isRefusal } from '../../driver/refusal.js';
import { parseServer, type ServerFacts } from '../../redis/connection/server-facts.js';
import type { Redis } from '../../redis/topology/connection-option.js';

/** Pings that the latency is measured with. */
const PINGS = 21;

/** The clocks of this process. */
export interface Clocks {
  /** Local time, ms since the epoch. */
  now(): number;
  /** A clock that nobody corrects, ms. */
  monotonic(): number;
}

/** What one server tells of itself. */
export interface ServerLook {
  readonly facts: ServerFacts;
  /** @returns a field of `INFO`; `undefined` where the server does not tell. */
  info(name: string): string | undefined;
  /** A setting of `redis.conf`; `undefined` where the user may not read it. */
  readonly appendfsync: string | undefined;
  /** How far its clock is ahead of the local one, ms. */
  readonly clockAheadMs: number;
  /** Half a round trip: how far {@link clockAheadMs} may be wrong, ms. */
  readonly clockErrorMs: number;
  /** Round trips, shortest first, ms. */
  readonly roundTripsMs: readonly number[];
  /** Sentinels that watch it. */
  readonly sentinels: number;
}

/** @returns what a server tells. @throws the refusal of `INFO`; the error of a lost connection. */
export async function lookAt(redis: Redis, clocks: Clocks): Promise<ServerLook> {
  const info = await redis.info();
  const fields = new Map(
    info.split(/\r?\n/).map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)] as const;
    }),
  );
  const config = await unlessRefused(redis.config('GET', 'appendfsync'));
  return {
    facts: parseServer(info),
    info: (name) => fields.get(name),
    appendfsync: Array.isArray(config) ? config.map(String)[1] : undefined,
    ...(await clockOf(redis, clocks)),
    roundTripsMs: await roundTrips(redis, clocks),
    sentinels: await sentinelsOf(redis),
  };
}

async function clockOf(
  redis: Redis,
  { now, monotonic }: Clocks,
): Promise<Pick<ServerLook, 'clockAheadMs' | 'clockErrorMs'>> {
  const began = monotonic();
  const answer = await unlessRefused(redis.time());
  const took = monotonic() - began;
  if (answer === undefined) {
    return { clockAheadMs: 0, clockErrorMs: Infinity };
  }
  const [seconds, microseconds] = answer.map(Number);
  const serverTime = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  return { clockAheadMs: serverTime - (now() - took / 2), clockErrorMs: took / 2 };
}

async function roundTrips(redis: Redis, { monotonic }: Clocks): Promise<number[]> {
  const times: number[] = [];
  for (let ping = 0; ping < PINGS; ping++) {
    const began = monotonic();
    await unlessRefused(redis.ping());
    times.push(monotonic() - began);
  }
  return times.toSorted((one, other) => one - other);
}

/** Each Sentinel subscribes to this channel of the servers that it watches. */
const SENTINEL_CHANNEL = '__sentinel__:hello';

async function sentinelsOf(redis: Redis): Promise<number> {
  const answer = await unlessRefused(redis.pubsub('NUMSUB', SENTINEL_CHANNEL));
  return Array.isArray(answer) ? Number(answer[1] ?? 0) : 0;
}

/** @returns the answer; `undefined` if the server refuses it. */
export async function unlessRefused<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isRefusal(error)) {
      return undefined;
    }
    throw error;
  }
}
