import { findingsOf, type Finding } from './finding.js';
import type { ServerLook } from './server-look.js';

const { ok, problem } = findingsOf('version');

/** Judges the version of a server. */
export function checkVersion({ facts, info }: ServerLook): Finding[] {
  const { version } = facts;
  const valkey = info('valkey_version');
  if (valkey !== undefined) {
    return [ok(`Valkey ${valkey}`)];
  }
  const [major = NaN, minor = NaN] = (version ?? '').split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    return [
      problem(
        `Redis ${version} has no BLMOVE, without which no jobs are taken.`,
        'Use Redis 6.2 or newer, or Valkey.',
      ),
    ];
  }
  return [ok(`Redis ${version ?? 'of an unknown version'}`)];
}
