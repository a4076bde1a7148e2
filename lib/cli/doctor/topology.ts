import { counted } from '../../errors/counted.js';
import { findingsOf, type Finding } from './finding.js';
import type { ServerLook } from './server-look.js';

const { ok, note, problem } = findingsOf('topology');

/** Judges what a server is: a primary, a replica, a Sentinel, a node of a Cluster. */
export function checkTopology(
  { facts, info, sentinels }: ServerLook,
  isClusterNamed: boolean,
): Finding[] {
  if (facts.isSentinel) {
    return [
      problem(
        'The URL leads to a Sentinel, which holds no data.',
        'Name the primary in the URL; applications set `sentinels` and `name` in `connection`.',
      ),
    ];
  }
  if (facts.isCluster && !isClusterNamed) {
    return [
      problem(
        'The URL leads to a node of a Redis Cluster, but does not name a Cluster: no job can be pushed.',
        'Use a redis+cluster:// URL.',
      ),
    ];
  }
  if (facts.isReplica) {
    const primary = `${info('master_host')}:${info('master_port')}`;
    return [
      problem(
        `The server is a replica, which accepts no writes: no job can be pushed. Its primary is ${primary}.`,
        'Name the primary, or let applications find it by `sentinels`.',
      ),
    ];
  }
  if (facts.isLoading) {
    return [problem('The server is still loading its data.', 'Wait until it has.')];
  }
  const replicas = Number(info('connected_slaves') ?? 0);
  if (facts.isCluster) {
    return replicas > 0
      ? [ok(`a master of the Cluster, with ${counted(replicas, 'replica')}`)]
      : [
          note(
            'A master of the Cluster without a replica: while it is away, so are its queues.',
            'Give it a replica.',
          ),
        ];
  }
  if (sentinels > 0) {
    return [
      note(
        `A primary with ${counted(replicas, 'replica')}, watched by ${counted(sentinels, 'Sentinel')}: after a failover this URL leads to a server that accepts no writes.`,
        'Let applications find the primary by `sentinels` and `name` in `connection`, not by this URL.',
      ),
    ];
  }
  return [ok(replicas > 0 ? `a primary with ${counted(replicas, 'replica')}` : 'a server alone')];
}
