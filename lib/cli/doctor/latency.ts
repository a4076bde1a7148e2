import { findingsOf, type Finding } from './finding.js';
import type { ServerLook } from './server-look.js';

const { ok, note, problem } = findingsOf('latency');

/** Usual round trip from which on requests are noticeably slow, ms. */
const SLOW_MS = 10;
/** Longest round trip from which on something has blocked the server, ms. */
const BLOCKED_MS = 250;
/** Longest round trip that endangers leases, which last 5 s unless set, ms. */
const DANGEROUS_MS = 1_500;

/** Judges how long a server takes to answer. */
export function checkLatency({ roundTripsMs }: Pick<ServerLook, 'roundTripsMs'>): Finding[] {
  const middle = roundTripsMs[Math.floor(roundTripsMs.length / 2)] ?? 0;
  const longest = roundTripsMs.at(-1) ?? 0;
  const measured = `p50 ${milliseconds(middle)}, longest ${milliseconds(longest)} of ${roundTripsMs.length} pings`;
  if (longest >= DANGEROUS_MS) {
    return [
      problem(
        `${measured}: workers that cannot renew their lease in time count as lost.`,
        'Look for what blocks the server (SLOWLOG GET) and at the network; a longer `lease` helps meanwhile.',
      ),
    ];
  }
  if (longest >= BLOCKED_MS) {
    return [
      note(`${measured}: something blocks the server, or the network.`, 'Look at SLOWLOG GET.'),
    ];
  }
  return middle >= SLOW_MS
    ? [note(`${measured}: each request takes at least two round trips.`, 'Run closer to Redis.')]
    : [ok(measured)];
}

const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
