import { findingsOf, type Finding } from './finding.js';
import { lossByEviction } from '../../redis/eviction.js';
import type { ServerLook } from './server-look.js';

const { ok, note, problem } = findingsOf('memory');

/** Part of `maxmemory` from which on it is almost full. */
const ALMOST_FULL = 0.9;

/** Judges what a server does when its memory is full, and how full it is. */
export function checkMemory({ facts, info }: ServerLook): Finding[] {
  const policy = facts.evictionPolicy ?? 'unknown';
  const loss = lossByEviction(policy);
  const max = Number(info('maxmemory') ?? 0);
  const used = Number(info('used_memory') ?? 0);
  const findings: Finding[] = [];
  if (loss !== undefined) {
    findings.push(
      problem(
        `maxmemory-policy is ${policy}: when its memory is full, Redis removes ${loss}.`,
        'CONFIG SET maxmemory-policy noeviction, and the same in redis.conf.',
      ),
    );
  }
  if (max > 0 && used / max >= ALMOST_FULL) {
    findings.push(
      problem(
        `${mebibytes(used)} of ${mebibytes(max)} (maxmemory) are in use: when it is full, Redis refuses jobs and replies.`,
        'Raise maxmemory, or find out which queues grow.',
      ),
    );
  }
  if (max === 0 && findings.length === 0) {
    return [
      note(
        'maxmemory is not set: a queue that grows takes all memory of the machine, until the system ends Redis.',
        'Set maxmemory below the memory of the machine; jobs are then refused with an error.',
      ),
    ];
  }
  return findings.length > 0
    ? findings
    : [ok(`maxmemory-policy ${policy}, ${mebibytes(used)} of ${mebibytes(max)} in use`)];
}

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;
