import { allowanceOf } from '../../driver/missing-permission.js';
import { findingsOf, type Finding } from './finding.js';
import type { ServerLook } from './server-look.js';

const { ok, note, problem } = findingsOf('clock');

/** Difference of two clocks from which on one of them is wrong, ms. */
const MAX_DIFFERENCE_MS = 1_000;

/** Judges the clock of a server by that of this machine. */
export function checkClock(
  { clockAheadMs, clockErrorMs }: Pick<ServerLook, 'clockAheadMs' | 'clockErrorMs'>,
  user: string,
): Finding[] {
  if (clockErrorMs === Infinity) {
    return [
      note(
        `User "${user}" lacks TIME, which deadlines and leases need.`,
        allowanceOf(user, ['+time']),
      ),
    ];
  }
  const difference = Math.abs(clockAheadMs);
  if (difference - clockErrorMs < MAX_DIFFERENCE_MS) {
    return [ok(`${Math.round(difference)} ms from that of this machine`)];
  }
  const seconds = (difference / 1_000).toFixed(1);
  const direction = clockAheadMs > 0 ? 'ahead of' : 'behind';
  return [
    problem(
      `The clock of Redis is ${seconds} s ${direction} that of this machine. Deadlines and leases go by the clock of Redis: if its clock is corrected at once, or a replica with the right time takes over, leases lapse and jobs expire by so much too early or too late.`,
      'Let NTP run on both machines.',
    ),
  ];
}
