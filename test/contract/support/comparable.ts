import { codeOfRefusal, isRefusal } from '../../../lib/driver/refusal.js';
import { parkedListOf } from '../../../lib/protocol/keys.js';
import { isRecord } from '../../../lib/errors/value-text.js';
import type { ContractServer } from './contract-servers.js';
import { KEYS } from './operation-steps.js';

/** Tolerance for times, because two servers are called one after the other. */
const CLOSE_MS = 600_000;

/** @returns the output of an operation without the parts in which two servers may differ. */
export function comparable(output: unknown): unknown {
  if (Buffer.isBuffer(output)) {
    return output.toString('hex');
  }
  if (Array.isArray(output)) {
    const queues = output.filter((each) => isRecord(each) && 'servedAt' in each);
    // So does the order of queues that were served in one moment.
    return queues.length > 0
      ? queues.map((each) => JSON.stringify(comparable(each))).toSorted()
      : output.map(comparable);
  }
  if (typeof output === 'string') {
    return withoutTime(output);
  }
  if (typeof output !== 'object' || output === null) {
    return output;
  }
  const {
    now: _now,
    bytes: _bytes,
    age,
    lapsed,
    leases,
    servedAt,
    ...rest
  } = output as Record<string, unknown>;
  return {
    ...rest,
    ...(typeof servedAt === 'number' && { servedAt: timeMark(servedAt) }),
    ...(typeof age === 'number' && { isOld: age > CLOSE_MS }),
    ...(Array.isArray(lapsed) && { lapsed: leaseMarks(lapsed) }),
    ...(Array.isArray(leases) && { leases: leaseMarks(leases) }),
  };
}

/** Which of two that lapsed in one moment comes first depends on the millisecond. */
const leaseMarks = (leases: readonly { workerId: string; expiry: unknown }[]): string[] =>
  leases.map(({ workerId, expiry }) => `${workerId} ${timeMark(Number(expiry))}`).toSorted();

/** @returns the output or the refusal of an operation. @throws any other error. */
export async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return { output: comparable(await work) };
  } catch (error) {
    if (!isRefusal(error)) {
      throw error;
    }
    return { refusal: codeOfRefusal(error) };
  }
}

/** @returns the content and the TTL of all keys. */
export async function stateOf({ look }: ContractServer, prefix: string): Promise<unknown> {
  const names = [...KEYS, ...KEYS.map(parkedListOf)];
  return Promise.all(
    names.map(async (name) => {
      const key = prefix + name;
      const type = await look.type(key);
      return [name, type, lifeMark(await look.pttl(key)), await contentOf(look, type, key)];
    }),
  );
}

async function contentOf(
  look: ContractServer['look'],
  type: string,
  key: string,
): Promise<unknown> {
  switch (type) {
    case 'list':
      return (await look.lrangeBuffer(key, 0, -1)).map((element) => element.toString('latin1'));
    case 'hash': {
      const fields = Object.entries(await look.hgetall(key));
      return Object.fromEntries(fields.map(([field, text]) => [withoutTime(field), text]));
    }
    case 'zset': {
      const members = await look.zrange(key, 0, '-1');
      const scores = await Promise.all(members.map((member) => look.zscore(key, member)));
      return members
        .map((member, index) => `${withoutTime(member)} ${timeMark(Number(scores[index]))}`)
        .toSorted();
    }
    default:
      return type === 'none' ? null : look.get(key);
  }
}

/** Leaves of the id of a dead letter only the count. */
const withoutTime = (text: string): string => text.replace(/^\d{13}-(?=\d{6}$)/, '');

/** Replaces a time close to now, or to an hour from now, because it differs between two servers. */
function timeMark(ms: number): string {
  const distance = ms - Date.now();
  return Math.abs(distance) < CLOSE_MS ? 'now' : distance > 0 ? 'later' : String(ms);
}

const lifeMark = (ttl: number): number => (ttl < 0 ? ttl : Math.round(ttl / CLOSE_MS));
