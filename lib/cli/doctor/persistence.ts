import { findingsOf, type Finding } from './finding.js';
import type { ServerLook } from './server-look.js';

const { ok, note, problem } = findingsOf('persistence');

/** Judges what is left after a restart of a server, and whether it can write it. */
export function checkPersistence({ info, appendfsync }: ServerLook): Finding[] {
  const isAppending = info('aof_enabled') === '1';
  if (isAppending && info('aof_last_write_status') === 'err') {
    return [
      problem(
        'The append-only file cannot be written: Redis refuses jobs and replies until it can.',
        'Look at the log of Redis and at the disk.',
      ),
    ];
  }
  if (info('rdb_last_bgsave_status') === 'err') {
    return [
      problem(
        'The last snapshot failed: with stop-writes-on-bgsave-error, its default, Redis refuses jobs and replies.',
        'Look at the log of Redis and at the disk.',
      ),
    ];
  }
  if (isAppending) {
    return [
      appendfsync === 'no'
        ? note(
            'appendfsync is no: after a crash of the machine, jobs of the last half minute are lost.',
            'CONFIG SET appendfsync everysec, and the same in redis.conf.',
          )
        : ok(`appendonly, appendfsync ${appendfsync ?? 'unknown'}`),
    ];
  }
  return [
    note(
      'appendonly is off: after a restart of Redis, jobs since the last snapshot are lost.',
      'Set appendonly to yes if jobs have to survive a restart.',
    ),
  ];
}
