import { describe, expect, it } from 'vitest';
import type { Story } from '../../chaos/ledger.js';
import { few, findWrongs, type Circumstances, type Fault } from '../../chaos/verdict.js';

const [WORKER, OTHER, REQUESTER] = [11, 12, 20];

const story = (more: Partial<Story> = {}): Story => ({
  key: 'a',
  queue: 'jobs',
  sent: 1_000,
  requester: REQUESTER,
  isOnce: false,
  isOdd: false,
  values: undefined,
  pushed: 1_010,
  runs: [{ at: 1_100, pid: WORKER, attempt: 1 }],
  replies: [true],
  ends: ['complete'],
  ended: 1_200,
  received: 0,
  isInOrder: true,
  ...more,
});

const fault = (costs: Fault['costs'], from: number, to = from, pid?: number): Fault => ({
  name: costs,
  costs,
  from,
  to,
  pid,
});

const wrongsOf = (more: Partial<Story>, circumstances: Partial<Circumstances> = {}): string[] =>
  findWrongs(new Map([['a', story(more)]]), { faults: [], ...circumstances });

const twice = [
  { at: 1_100, pid: WORKER, attempt: 1 },
  { at: 9_000, pid: OTHER, attempt: 2 },
];

describe('nothing is wrong with', () => {
  it.each<[string, Partial<Story>, Partial<Circumstances>?]>([
    ['a request that was answered once', {}],
    ['a stream all of whose values came', { values: 3, received: 3, replies: [] }],
    ['a stream that was left', { values: 3, received: 1, replies: [], ends: ['left'] }],
    ['an odd error that reached its caller', { isOdd: true, replies: [], ends: ['REMOTE'] }],
    [
      'a second run after the worker of the first was killed',
      { runs: twice },
      { faults: [fault('worker', 2_000, 2_000, WORKER)] },
    ],
    [
      'a second run after its worker was silent for longer than it may',
      { runs: twice },
      { faults: [fault('silence', 1_050, 6_300, WORKER)], stallLimit: 5_000 },
    ],
    [
      'a second run after two silences with hardly a breath between them',
      { runs: twice },
      { faults: [fault('silence', 900, 4_000), fault('silence', 5_000, 7_000)], stallLimit: 5_000 },
    ],
    [
      'a second run of what was pushed over a line that broke',
      { runs: twice },
      { faults: [fault('line', 1_005)] },
    ],
    [
      'a loss of what must not run twice with its worker',
      { isOnce: true, replies: [], ends: ['WORKER_LOST'], ended: 9_000 },
      { faults: [fault('worker', 2_000, 2_000, WORKER)] },
    ],
    [
      'a request whose requester was killed',
      { replies: [], ends: [], ended: undefined },
      { killedRequesters: new Set([REQUESTER]) },
    ],
  ])('%s', (_, more, circumstances) => {
    expect(wrongsOf(more, circumstances)).toEqual([]);
  });
});

describe('a verdict finds', () => {
  it.each<[string, Partial<Story>, string, Partial<Circumstances>?]>([
    ['two ends', { ends: ['complete', 'complete'] }, 'has 2 ends'],
    ['no end', { ends: [], ended: undefined }, 'has 0 ends'],
    ['two replies', { replies: [true, true] }, 'completed with 2 answers'],
    [`another's reply`, { replies: [false] }, `got another's reply`],
    ['a value that is missing', { values: 3, received: 2 }, 'completed with 2 answers'],
    ['values out of order', { values: 3, received: 3, isInOrder: false }, 'out of order'],
    ['a completion without a run', { runs: [] }, 'completed without a run'],
    ['an end that nobody asked for', { ends: ['PUSH_FAILED'] }, 'ended with PUSH_FAILED'],
    ['an odd error that was taken for a success', { isOdd: true }, 'ended with complete'],
    [
      'a timeout when all was well',
      { ends: ['REQUEST_TIMEOUT'] },
      'ended with REQUEST_TIMEOUT',
      { quietFrom: 500 },
    ],
    ['a second run without a fault', { runs: twice }, 'without a reason'],
    [
      'a second run after an outage of all',
      { runs: twice },
      'without a reason',
      { faults: [fault('time', 1_000, 9_000), fault('line', 3_000, 8_000)] },
    ],
    [
      'a second run after another worker was killed',
      { runs: twice },
      'without a reason',
      { faults: [fault('worker', 2_000, 2_000, OTHER)] },
    ],
    [
      'a second run after a short silence',
      { runs: twice },
      'without a reason',
      { faults: [fault('silence', 2_000, 4_000, WORKER)], stallLimit: 5_000 },
    ],
    [
      'a second run of what must not run twice, whatever the reason',
      { isOnce: true, runs: twice },
      'was run 2 times and must not',
      { faults: [fault('worker', 2_000, 2_000, WORKER)] },
    ],
    ['a loss without one', { ends: ['WORKER_LOST'] }, 'heard of a loss that was none'],
    [
      'a reply that got lost',
      { replies: [], ends: ['REQUEST_TIMEOUT'], ended: 21_000 },
      'was run and not answered',
    ],
  ])('%s', (_, more, wrong, circumstances) => {
    expect(wrongsOf(more, circumstances).join('\n')).toContain(wrong);
  });

  it('many of a kind, and shows some of each', () => {
    const all = Array.from({ length: 9 }, (__, nth) => `${nth} has 2 ends`);
    expect(few([...all, 'a ended with x'])).toEqual([
      ...all.slice(0, 4),
      'and 5 more',
      'a ended with x',
    ]);
  });
});
