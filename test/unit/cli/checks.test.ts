import { describe, expect, it } from 'vitest';
import { checkClients } from '../../../lib/cli/doctor/clients.js';
import { checkClock } from '../../../lib/cli/doctor/clock.js';
import { checkLatency } from '../../../lib/cli/doctor/latency.js';
import { checkMemory } from '../../../lib/cli/doctor/memory.js';
import { checkPersistence } from '../../../lib/cli/doctor/persistence.js';
import type { ServerLook } from '../../../lib/cli/doctor/server-look.js';
import { checkTopology } from '../../../lib/cli/doctor/topology.js';
import { checkVersion } from '../../../lib/cli/doctor/version.js';
import { parseServer, type ServerFacts } from '../../../lib/redis/connection/server-facts.js';

/** A server that tells these fields of `INFO`. */
function look(
  fields: Readonly<Record<string, string>>,
  more: Partial<ServerLook> = {},
): ServerLook {
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('');
  return {
    facts: parseServer(text) as ServerFacts,
    info: (name) => fields[name],
    appendfsync: undefined,
    clockAheadMs: 0,
    clockErrorMs: 0,
    roundTripsMs: [1],
    sentinels: 0,
    ...more,
  };
}

const found = (findings: readonly { level: string; text: string }[]) =>
  findings.map(({ level, text }) => `${level}: ${text}`).join('\n');

describe('what the doctor says', () => {
  it.each([
    ['6.0.16', 'problem: Redis 6.0.16 has no BLMOVE'],
    ['5.0.14', 'problem: Redis 5.0.14 has no BLMOVE'],
    ['6.2.16', 'ok: Redis 6.2.16'],
    ['7.0.15', 'ok: Redis 7.0.15'],
    ['8.0.1', 'ok: Redis 8.0.1'],
  ])('of Redis %s', (version, text) => {
    expect(found(checkVersion(look({ redis_version: version })))).toContain(text);
  });

  it('of Valkey', () => {
    const valkey = look({ redis_version: '7.2.4', valkey_version: '8.1.0' });
    expect(found(checkVersion(valkey))).toBe('ok: Valkey 8.1.0');
  });

  it.each([
    [{ role: 'master', connected_slaves: '0' }, 0, 'ok: a server alone'],
    [{ role: 'master', connected_slaves: '2' }, 0, 'ok: a primary with 2 replicas'],
    [
      { role: 'master', connected_slaves: '1' },
      3,
      'note: A primary with 1 replica, watched by 3 Sentinels',
    ],
    [{ role: 'slave', master_host: 'h', master_port: '1' }, 0, 'problem: The server is a replica'],
    [{ role: 'master', redis_mode: 'sentinel' }, 0, 'problem: The URL leads to a Sentinel'],
    [{ role: 'master', loading: '1' }, 0, 'problem: The server is still loading'],
    [
      { role: 'master', cluster_enabled: '1' },
      0,
      'problem: The URL leads to a node of a Redis Cluster',
    ],
  ])('of the topology %j with %i Sentinels', (fields, sentinels, text) => {
    expect(found(checkTopology(look(fields, { sentinels }), false))).toContain(text);
  });

  it('of masters of a Cluster', () => {
    const master = { role: 'master', cluster_enabled: '1' };
    expect(found(checkTopology(look({ ...master, connected_slaves: '1' }), true))).toBe(
      'ok: a master of the Cluster, with 1 replica',
    );
    expect(found(checkTopology(look(master), true))).toContain('note: A master of the Cluster');
  });

  it('of memory that is almost full, whatever the policy', () => {
    const full = { maxmemory: '1048576', used_memory: '1000000', maxmemory_policy: 'noeviction' };
    expect(found(checkMemory(look(full)))).toContain('problem: 1.0 MiB of 1.0 MiB (maxmemory)');
    expect(checkMemory(look({ ...full, maxmemory_policy: 'allkeys-lfu' }))).toHaveLength(2);
    expect(found(checkMemory(look({ ...full, used_memory: '1' })))).toMatch(/^ok/);
  });

  it.each([
    [
      { aof_enabled: '1', aof_last_write_status: 'ok' },
      'always',
      'ok: appendonly, appendfsync always',
    ],
    [{ aof_enabled: '1', aof_last_write_status: 'ok' }, 'no', 'note: appendfsync is no'],
    [{ aof_enabled: '1', aof_last_write_status: 'err' }, 'always', 'problem: The append-only file'],
    [{ aof_enabled: '0', rdb_last_bgsave_status: 'err' }, '', 'problem: The last snapshot failed'],
    [{ aof_enabled: '0', rdb_last_bgsave_status: 'ok' }, '', 'note: appendonly is off'],
  ])('of persistence %j, appendfsync "%s"', (fields, appendfsync, text) => {
    expect(found(checkPersistence(look(fields, { appendfsync })))).toContain(text);
  });

  it('of connections that are almost used up', () => {
    expect(found(checkClients(look({ connected_clients: '95', maxclients: '100' })))).toContain(
      'problem: 95 of 100 connections',
    );
    expect(found(checkClients(look({ connected_clients: '9', maxclients: '100' })))).toBe(
      'ok: 9 of 100',
    );
  });

  it.each([
    [5_000, 1, 'problem: The clock of Redis is 5.0 s ahead of'],
    [-90_000, 1, 'problem: The clock of Redis is 90.0 s behind'],
    [-40, 1, 'ok: 40 ms'],
    // The answer took so long that nobody knows.
    [1_500, 800, 'ok: 1500 ms'],
    [0, Infinity, 'note: User "app" lacks TIME'],
  ])('of a clock that is %i ms ahead, give or take %i ms', (clockAheadMs, clockErrorMs, text) => {
    expect(found(checkClock({ clockAheadMs, clockErrorMs }, 'app'))).toContain(text);
  });

  it.each([
    [[0.2, 0.3, 4], 'ok: p50 0.3 ms, longest 4.0 ms of 3 pings'],
    [[12, 15, 20], 'note: p50 15 ms'],
    [[0.2, 0.3, 400], 'note: p50 0.3 ms, longest 400 ms'],
    [[0.2, 0.3, 2_000], 'problem: p50 0.3 ms, longest 2000 ms'],
  ])('of round trips of %j ms', (roundTripsMs, text) => {
    expect(found(checkLatency({ roundTripsMs }))).toContain(text);
  });
});
