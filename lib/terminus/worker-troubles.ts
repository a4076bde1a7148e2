import type { InstanceHealth } from '../nest/instance-health.js';
import type { QueueStatus, ReplyWorkersStatus } from '../worker/workers-status.js';
import type { ReqRepHealthOptions } from './health-options.js';

/** Why the workers do not take jobs in a state. */
const TROUBLE_OF_STATE: Readonly<Record<ReplyWorkersStatus['state'], readonly string[]>> = {
  running: [],
  starting: ['The workers are starting: Redis does not know them yet'],
  stopping: ['The workers are being stopped'],
  stopped: ['The workers are stopped'],
};

/** @returns why the workers of this process do not do what they should, as sentences without their full stops. */
export function workerTroubles(
  { state, queues }: ReplyWorkersStatus,
  options: ReqRepHealthOptions,
  instance: InstanceHealth['options'],
): string[] {
  const isStarted = state !== 'stopped';
  const { workers = isStarted || (instance.workers === true && queues.length > 0) } = options;
  if (!workers) {
    return [];
  }
  if (queues.length === 0) {
    return ['This process has no handler for a queue'];
  }
  const { maxLeaseAge = instance.lease } = options;
  return [
    ...TROUBLE_OF_STATE[state],
    ...(isStarted ? queues.flatMap((queue) => troublesOf(queue, state, maxLeaseAge)) : []),
  ];
}

function troublesOf(
  { queue, refusal, leaseAge }: QueueStatus,
  state: ReplyWorkersStatus['state'],
  maxLeaseAge: number,
): string[] {
  const worker = `The worker of queue "${queue}"`;
  if (refusal !== undefined) {
    return [`${worker} takes no jobs: ${refusal}`];
  }
  if (leaseAge === undefined) {
    return state === 'running' ? [`${worker} has no lease`] : [];
  }
  const age = Math.round(leaseAge);
  return leaseAge > maxLeaseAge
    ? [`${worker} renewed its lease ${age} ms ago, which is more than ${maxLeaseAge} ms`]
    : [];
}
