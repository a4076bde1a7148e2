import { expect, it } from 'vitest';
import { buryJob } from '../../../lib/protocol/operations/bury-job.js';
import { describeWorker } from '../../../lib/protocol/operations/describe-worker.js';
import { giveBackJobs } from '../../../lib/protocol/operations/give-back-jobs.js';
import { inspectQueue } from '../../../lib/protocol/operations/inspect-queue.js';
import { measureList } from '../../../lib/protocol/operations/measure-list.js';
import { pruneExpiredJobs } from '../../../lib/protocol/operations/prune-expired-jobs.js';
import { pushGuardedJob } from '../../../lib/protocol/operations/push-guarded-job.js';
import { pushValues } from '../../../lib/protocol/operations/push-values.js';
import { recoverWorker } from '../../../lib/protocol/operations/recover-worker.js';
import { renewLease } from '../../../lib/protocol/operations/renew-lease.js';
import { retireWorker } from '../../../lib/protocol/operations/retire-worker.js';
import { settleJobs } from '../../../lib/protocol/operations/settle-jobs.js';
import { takeJobs } from '../../../lib/protocol/operations/take-jobs.js';

it('names each script once', () => {
  const scripts = [
    buryJob,
    describeWorker,
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
  const input = { requests: 'q', slot: 's0', most: 5 };
  expect(takeJobs.keys(input)).toEqual(['q', 's0']);
  expect(takeJobs.args(input)).toEqual([5]);
  expect(takeJobs.read(['a', 'b'])).toEqual(['a', 'b']);
});

it('calls the script that gives jobs back', () => {
  const places = [
    { key: 's0', position: 2 },
    { key: 's1', position: 0 },
  ];
  expect(giveBackJobs.keys({ requests: 'q', places })).toEqual(['q', 's0', 's1']);
  expect(giveBackJobs.args({ requests: 'q', places })).toEqual([2, 0]);
  expect(giveBackJobs.read(2)).toBe(2);
});

it('calls the script that settles jobs', () => {
  const input = {
    slots: ['s0', 's1'],
    places: [
      { key: 's2', position: 3 },
      { key: 's2', position: 4 },
    ],
    groups: [
      { list: 'r0', ttl: 1_000, frames: ['f0', 'f1'] },
      { list: 'r1', ttl: 2_000, frames: ['f2'] },
    ],
    takes: [
      { requests: 'q', slot: 's5', most: 7, isLong: false },
      { requests: 'p', slot: 't0', most: 1, isLong: false },
    ],
    isBeside: false,
    isRepeated: false,
  };
  expect(settleJobs.keys(input).join(' ')).toBe('s0 s1 s2 s2 r0 r1 q s5 p t0');
  expect(settleJobs.args(input).join(' ')).toBe('2 2 2 0 0 3 4 1000 2 f0 f1 2000 1 f2 7 1');
  expect(settleJobs.args({ ...input, isRepeated: true }).slice(4, 7)).toEqual([1, 3, 4]);
  const beside = { ...input, isBeside: true };
  expect(settleJobs.keys(beside).join(' ')).toBe('s0 s1 s2 s2 r0 r1 r0:aside r1:aside q s5 p t0');
  expect(settleJobs.args(beside).join(' ')).toBe('2 2 2 2 0 3 4 1000 2 2000 1 7 1');
  expect(settleJobs.read([0, ['a', 'b'], []])).toEqual({ jobs: [['a', 'b'], []] });
  expect(settleJobs.read([1, [0], [1, 2]])).toEqual({ missing: { slots: [0], places: [1, 2] } });
});

it('calls the script that settles jobs that nobody waits for', () => {
  const nothing = { places: [], groups: [], takes: [], isBeside: false, isRepeated: false };
  const input = { slots: ['s0'], ...nothing };
  expect(settleJobs.keys(input)).toEqual(['s0']);
  expect(settleJobs.args(input)).toEqual([1, 0, 0, 0, 0]);
  expect(settleJobs.read([0])).toEqual({ jobs: [] });
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
    place: { key: 's0', position: 3 },
    dead: 'd',
    reason: 'unreadable',
    message: 'not JSON',
    workerId: 'worker-1',
  } as const;
  expect(buryJob.keys(input)).toEqual(['s0', 'd']);
  expect(buryJob.args(input)).toEqual([3, 'unreadable', 'not JSON', 'worker-1', '', 0]);
  const told = { ...input, reply: { list: 'r0', text: 'frame', ttl: 1_000 } };
  expect(buryJob.keys(told)).toEqual(['s0', 'd', 'r0']);
  expect(buryJob.args(told).slice(4)).toEqual(['frame', 1_000]);
  expect(buryJob.read('gone')).toBe('gone');
});

it('calls the script that renews a lease', () => {
  const input = {
    workers: 'w',
    worker: 'w:1',
    workerId: 'worker-1',
    lease: 5_000,
    turn: 3,
    description: {
      slots: 16,
      connections: '7@::1:8',
      server: 'run-1',
      host: 'host',
      pid: 42,
      started: 1,
    },
  };
  expect(renewLease.keys(input)).toEqual(['w', 'w:1']);
  expect(renewLease.args(input).join(' ')).toBe(
    'worker-1 5000 3 slots 16 connections 7@::1:8 server run-1 host host pid 42 started 1',
  );
  expect(renewLease.args({ ...input, turn: undefined })[2]).toBe(0);
  expect(renewLease.read([7, 1, ['worker-2', '5', 'worker-3', '6.5']])).toEqual({
    now: 7,
    former: 'lapsed',
    lapsed: [
      { workerId: 'worker-2', expiry: '5' },
      { workerId: 'worker-3', expiry: '6.5' },
    ],
  });
  expect([0, 2].map((former) => renewLease.read([7, former, []]).former)).toEqual(['none', 'live']);
});

it('calls the script that reads what a worker says of itself', () => {
  expect(describeWorker.keys('w:1')).toEqual(['w:1']);
  expect(describeWorker.args().join(' ')).toBe('slots connections server host pid');
  const [slots, connections, server, host, pid] = ['16', '7@::1:8', 'run-1', 'a host', '42'];
  expect(describeWorker.read([slots, connections, server, host, pid])).toEqual({
    slots,
    connections,
    server,
    host,
    pid,
  });
});

it('calls the script that takes back the jobs of a lost worker', () => {
  const dead = { reason: 'out of deliveries', message: 'three times' } as const;
  const unreadable = { reason: 'unreadable', message: 'not JSON' } as const;
  const input = {
    requests: 'q',
    workers: 'w',
    dead: 'd',
    worker: 'w:1',
    workerId: 'worker-1',
    forget: true,
    slots: [
      {
        key: 's0',
        digest: 'one',
        jobs: [
          { position: 0 },
          { position: 2, dead, reply: { list: 'r0', text: 'frame', ttl: 60_000 } },
        ],
      },
      { key: 's1', digest: '', jobs: [] },
      {
        key: 's2',
        from: 5,
        digest: 'two',
        jobs: [{ position: 7, dead: unreadable, reply: { list: 'r0', text: 'other', ttl: 1 } }],
      },
    ],
  };
  expect(recoverWorker.keys(input).join(' ')).toBe('q w d w:1 s0 s1 s2 r0 r0');
  expect(recoverWorker.args(input)).toEqual(
    [
      ['worker-1', 1, 3, 0, 'one', 0, '', 5, 'two'],
      [3, 2, 'unreadable', 'not JSON', 2, 'other', 1],
      [1, 2, 'out of deliveries', 'three times', 1, 'frame', 60_000],
      [1, 0, '', '', 0, '', 0],
    ].flat(),
  );
  expect(recoverWorker.args({ ...input, forget: false })[1]).toBe(0);
  expect(recoverWorker.read('changed')).toBe('changed');
});

it('calls the script that inspects a queue', () => {
  expect(inspectQueue.keys({ requests: 'q', workers: 'w' })).toEqual(['q', 'w']);
  expect(inspectQueue.args()).toEqual([]);
  expect(inspectQueue.read([2, 30])).toEqual({ workers: 2, queueLength: 30 });
});

it('calls the script that prunes a queue', () => {
  expect(pruneExpiredJobs.keys({ requests: 'q', from: 7 })).toEqual(['q']);
  expect(pruneExpiredJobs.args({ requests: 'q', from: 7 })).toEqual([7]);
  expect(pruneExpiredJobs.read([2, 500])).toEqual({ dropped: 2, next: 500 });
  expect(pruneExpiredJobs.read([2, -1])).toEqual({ dropped: 2, next: undefined });
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
