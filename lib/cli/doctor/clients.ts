import { findingsOf, type Finding } from './finding.js';
import type { ServerLook } from './server-look.js';

const { ok, problem } = findingsOf('connections');

/** Part of `maxclients` from which on there is little room. */
const ALMOST_FULL = 0.9;

/** Judges whether a server accepts more connections. */
export function checkClients({ info }: ServerLook): Finding[] {
  const connected = Number(info('connected_clients') ?? 0);
  const most = Number(info('maxclients') ?? 0);
  return most > 0 && connected / most >= ALMOST_FULL
    ? [
        problem(
          `${connected} of ${most} connections (maxclients) are open: further processes are refused.`,
          'Raise maxclients, or find out who opens them: CLIENT LIST.',
        ),
      ]
    : [ok(most > 0 ? `${connected} of ${most}` : String(connected))];
}
