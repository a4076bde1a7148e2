import { expect, it } from 'vitest';
import { Log } from '../../../lib/telemetry/log.js';
import { TakeTrouble, type FetchStep } from '../../../lib/worker/taking/take-trouble.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';

function newTrouble() {
  const lines: string[] = [];
  const keep = (level: string) => (text: string) => {
    lines.push(`${level} ${text}`);
  };
  const log = new Log({ info: keep('info'), warn: keep('warn'), error: keep('error') });
  const trouble = new TakeTrouble('reports', log, new VirtualRuntime());
  return { trouble, lines };
}

const refusal = (message: string): Error =>
  Object.assign(new Error(message), { name: 'ReplyError' });

/** The waits while the same thing is refused again and again. */
const waits = (trouble: TakeTrouble, step: FetchStep, error: Error): number[] =>
  Array.from({ length: 9 }, () => trouble.failed(step, error));

const passing = [50, 100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000];
const staying = [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000];

it.each<[string, FetchStep, number[], RegExp]>([
  ['MISCONF Errors writing to the AOF file', 'wait', passing, /^warn .*"reports".*retrying/],
  ['NOREPLICAS Not enough good replicas', 'take', passing, /^warn .*"reports".*retrying/],
  ["READONLY You can't write against a replica.", 'wait', passing, /^warn .*accepts writes/],
  ['OOM command not allowed', 'take', passing, /^warn Cannot take .*`maxmemory`/],
  ['WRONGTYPE Operation against a key', 'wait', staying, /^error Cannot take jobs .*retrying/],
  ['ERR unknown command', 'read', staying, /^error .*retrying/],
])('the refusal %s of a %s is logged once, and the waits grow', (message, step, expected, line) => {
  const { trouble, lines } = newTrouble();
  expect(waits(trouble, step, refusal(message))).toEqual(expected);
  expect(lines).toEqual([expect.stringMatching(line)]);
  expect(lines[0]).toContain(message);
});

it('a missing right is named in the log and in the status', () => {
  const { trouble, lines } = newTrouble();
  trouble.failed('wait', refusal("NOPERM User joe has no permissions to run the 'blmove' command"));
  expect(lines).toEqual([
    'error Cannot take jobs from queue "reports" (Redis refuses the user BLMOVE. Allow it: ' +
      'ACL SETUSER USER +blmove); retrying',
  ]);
  expect(trouble.refusal).toContain('+blmove');
  trouble.answered('wait', 0);
  expect(trouble.refusal).toBeUndefined();
});

it('a refused announcement is not logged, because the lease logs it', () => {
  const { trouble, lines } = newTrouble();
  expect(waits(trouble, 'announce', refusal('WRONGTYPE Operation'))).toEqual(staying);
  expect(lines).toEqual([]);
  expect(trouble.refusal).toBe('WRONGTYPE Operation');
});

it('the end of a refusal is logged, and the next one starts anew', () => {
  const { trouble, lines } = newTrouble();
  waits(trouble, 'wait', refusal('NOPERM'));
  expect(trouble.answered('wait', 0)).toBe(0);
  expect(lines.at(-1)).toBe('info Taking jobs from queue "reports" again');
  expect(trouble.failed('wait', refusal('NOPERM'))).toBe(50);
  expect(lines).toHaveLength(3);
});

it('a lost connection causes no wait the first time, and growing waits when it happens repeatedly', () => {
  const { trouble, lines } = newTrouble();
  expect(waits(trouble, 'wait', new Error('Connection is closed.'))).toEqual([
    0,
    ...passing.slice(0, 8),
  ]);
  trouble.answered('take', 1);
  expect(trouble.failed('wait', new Error('Connection is closed.'))).toBe(0);
  expect(lines).toEqual([]);
});

it('jobs are taken without a blocking wait while only that is refused for lack of memory', () => {
  const { trouble, lines } = newTrouble();
  const oom = refusal('OOM command not allowed when used memory');
  const round = (): (number | boolean)[] => [
    trouble.failed('wait', oom),
    trouble.isWaitRefused,
    trouble.answered('take', 0),
    trouble.isWaitRefused,
  ];
  expect([round(), round(), round()]).toEqual([
    [0, true, 50, false],
    [0, true, 100, false],
    [0, true, 200, false],
  ]);
  trouble.failed('wait', oom);
  expect([trouble.answered('take', 3), trouble.isWaitRefused]).toEqual([0, true]);
  expect(lines).toHaveLength(1);
  expect(trouble.answered('take', 0)).toBe(50);
  expect(trouble.answered('wait', 1)).toBe(0);
  expect([trouble.isWaitRefused, lines.length]).toEqual([false, 2]);
});
