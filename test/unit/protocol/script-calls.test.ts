import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { buryJob } from '../../../lib/protocol/scripts/bury-job.js';
import { giveBackJobs } from '../../../lib/protocol/scripts/give-back-jobs.js';
import { inspectQueue } from '../../../lib/protocol/scripts/inspect-queue.js';
import { measureList } from '../../../lib/protocol/scripts/measure-list.js';
import { pruneExpiredJobs } from '../../../lib/protocol/scripts/prune-expired-jobs.js';
import { pushGuardedJob } from '../../../lib/protocol/scripts/push-guarded-job.js';
import { pushValues } from '../../../lib/protocol/scripts/push-values.js';
import { recoverWorker } from '../../../lib/protocol/scripts/recover-worker.js';
import { renewLease } from '../../../lib/protocol/scripts/renew-lease.js';
import { retireWorker } from '../../../lib/protocol/scripts/retire-worker.js';
import { settleJobs } from '../../../lib/protocol/scripts/settle-jobs.js';
import { takeJobs } from '../../../lib/protocol/scripts/take-jobs.js';

const sha1 = (bytes: string | Buffer): string => createHash('sha1').update(bytes).digest('hex');

it('names each script once', () => {
  const scripts = [
    buryJob,
    giveBackJobs,
    inspectQueue,
    measureList,
    pruneExpiredJobs,
    pushGuardedJob,
    pushValues,
    recoverWorker,
    renewLease,
    retireWorker,
    settleJobs,
    takeJobs,
  ];
  expect(new Set(scripts.map(({ name }) => name)).size).toBe(scripts.length);
});

it('calls the script that takes jobs', () => {
  const input = { requests: 'q', slots: ['s0', 's1'] };
  expect(takeJobs.keys(input)).toEqual(['q', 's0', 's1']);
  expect(takeJobs.args()).toEqual([]);
  expect(takeJobs.read(['a', 'b'])).toEqual(['a', 'b']);
});

it('calls the script that gives jobs back', () => {
  const input = { requests: 'q', slots: ['s0', 's1'] };
  expect(giveBackJobs.keys(input)).toEqual(['q', 's0', 's1']);
  expect(giveBackJobs.args()).toEqual([]);
  expect(giveBackJobs.read(2)).toBe(2);
});

it('calls the script that settles jobs', () => {
  const input = {
    groups: [
      { list: 'r0', ttl: 1_000, slots: ['s0', 's1'], frames: ['f0', 'f1'] },
      { list: 'r1', ttl: 2_000, slots: ['s2'], frames: ['f2'] },
    ],
    unanswered: ['s3', 's4'],
    queues: [
      { requests: 'q', next: ['s5', 's6'] },
      { requests: 'p', next: ['t0'] },
    ],
    isRepeated: true,
  };
  expect(settleJobs.keys(input).join(' ')).toBe('s0 s1 s2 s3 s4 r0 r1 q s5 s6 p t0');
  expect(settleJobs.args(input).join(' ')).toBe('5 2 2 1 1000 2 f0 f1 2000 1 f2 2 1');
  expect(settleJobs.read([1, ['a', 'b'], []])).toEqual({ taken: 1, jobs: [['a', 'b'], []] });
});

it('calls the script that settles jobs that nobody waits for', () => {
  const input = { groups: [], unanswered: ['s0'], queues: [], isRepeated: false };
  expect(settleJobs.keys(input)).toEqual(['s0']);
  expect(settleJobs.args(input)).toEqual([1, 0, 0, 0]);
  expect(settleJobs.read([0])).toEqual({ taken: 0, jobs: [] });
});

it('calls the script that retires a worker', () => {
  const input = { workers: 'w', worker: 'h', workerId: 'id', slots: ['s0', 's1'], isWatched: true };
  expect(retireWorker.keys(input)).toEqual(['w', 'h', 's0', 's1']);
  expect(retireWorker.args(input)).toEqual(['id', 1]);
  expect([retireWorker.read(1), retireWorker.read(0)]).toEqual([true, false]);
});

it('calls the script that measures a list', () => {
  expect(measureList.keys({ list: 'r' })).toEqual(['r']);
  expect(measureList.args()).toEqual([]);
  expect(measureList.read([3, 100])).toEqual({ length: 3, bytes: 100 });
  expect(measureList.read([3, -1])).toEqual({ length: 3, bytes: undefined });
});

it('calls the script that buries a job', () => {
  const input = {
    slot: 's0',
    dead: 'd',
    reason: 'unreadable',
    message: 'not JSON',
    workerId: 'worker-1',
  } as const;
  expect(buryJob.keys(input)).toEqual(['s0', 'd']);
  expect(buryJob.args(input)).toEqual(['unreadable', 'not JSON', 'worker-1', '', 0]);
  const told = { ...input, reply: { list: 'r0', text: 'frame', ttl: 1_000 } };
  expect(buryJob.keys(told)).toEqual(['s0', 'd', 'r0']);
  expect(buryJob.args(told).slice(3)).toEqual(['frame', 1_000]);
  expect(buryJob.read(1)).toBe(true);
  expect(buryJob.read(0)).toBe(false);
});

it('calls the script that renews a lease', () => {
  const input = {
    workers: 'w',
    worker: 'w:1',
    workerId: 'worker-1',
    lease: 5_000,
    description: { slots: 16, connections: '7@::1:8', host: 'host', pid: 42, started: 1 },
  };
  expect(renewLease.keys(input)).toEqual(['w', 'w:1']);
  expect(renewLease.args(input).join(' ')).toBe(
    'worker-1 5000 slots 16 connections 7@::1:8 host host pid 42 started 1',
  );
  expect(renewLease.read(['worker-2'])).toEqual(['worker-2']);
});

it('calls the script that takes back the jobs of a lost worker', () => {
  const input = {
    requests: 'q',
    workers: 'w',
    dead: 'd',
    worker: 'w:1',
    workerId: 'worker-1',
    forget: true,
    slots: [
      { key: 's0', digest: sha1('job') },
      {
        key: 's1',
        digest: sha1(Buffer.from([0xff])),
        dead: { reason: 'out of deliveries', message: 'three times' },
        reply: { list: 'r0', text: 'frame', ttl: 60_000 },
      },
      { key: 's2', digest: '' },
      {
        key: 's3',
        digest: sha1(''),
        dead: { reason: 'unreadable', message: 'not JSON' },
      },
      { key: 's4', digest: '', reply: { list: 'r1', text: 'other', ttl: 1_000 } },
    ],
  } as const;
  expect(recoverWorker.keys(input).join(' ')).toBe('q w d w:1 s0 s1 s2 s3 s4 r0 r1');
  const [workerId, forget, count, ...slots] = recoverWorker.args(input);
  expect([workerId, forget, count]).toEqual(['worker-1', 1, 5]);
  expect(slots.slice(0, 6)).toEqual([sha1('job'), '', '', 0, '', 0]);
  const second = [
    sha1(Buffer.from([0xff])),
    'out of deliveries',
    'three times',
    1,
    'frame',
    60_000,
  ];
  expect(slots.slice(6, 12)).toEqual(second);
  expect(slots.slice(12, 18)).toEqual(['', '', '', 0, '', 0]);
  expect(slots.slice(18, 24)).toEqual([sha1(''), 'unreadable', 'not JSON', 0, '', 0]);
  expect(slots.slice(24)).toEqual(['', '', '', 2, 'other', 1_000]);
  expect(recoverWorker.args({ ...input, forget: false })[1]).toBe(0);
  expect(recoverWorker.read('changed')).toBe('changed');
});

it('calls the script that inspects a queue', () => {
  expect(inspectQueue.keys({ requests: 'q', workers: 'w' })).toEqual(['q', 'w']);
  expect(inspectQueue.args()).toEqual([]);
  expect(inspectQueue.read([2, 30])).toEqual({ workers: 2, queueLength: 30 });
});

it('calls the script that prunes a queue', () => {
  expect(pruneExpiredJobs.keys({ requests: 'q' })).toEqual(['q']);
  expect(pruneExpiredJobs.args()).toEqual([]);
  expect(pruneExpiredJobs.read(1)).toBe(true);
  expect(pruneExpiredJobs.read(0)).toBe(false);
});

it('calls the script that pushes under conditions', () => {
  const input = { requests: 'q', workers: 'w', element: '["job-1",1]' };
  const either = { ...input, requireWorker: true };
  expect(pushGuardedJob.keys(either)).toEqual(['q', 'w']);
  expect(pushGuardedJob.args(either)).toEqual([-1, 1, '["job-1",1]']);
  const limited = { ...input, requireWorker: false, maxQueueLength: 5 };
  expect(pushGuardedJob.args(limited)).toEqual([5, 0, '["job-1",1]']);
});

it('reads what became of a push under conditions', () => {
  expect(pushGuardedJob.read(['pushed', 3])).toEqual({ outcome: 'pushed', queueLength: 3 });
  expect(pushGuardedJob.read(['full', 5])).toEqual({ outcome: 'full', queueLength: 5 });
  expect(pushGuardedJob.read(['no workers'])).toEqual({ outcome: 'no workers' });
});
