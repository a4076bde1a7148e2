import { beforeEach, expect, it, vi } from 'vitest';
import { Log } from '../../../lib/telemetry/log.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';

const MINUTE = 60_000;

let runtime: VirtualRuntime;

beforeEach(() => {
  runtime = new VirtualRuntime();
});

it('writes the first line of a kind immediately, and then one a minute with a count', () => {
  const log = new KeptLog(runtime);
  for (let count = 0; count < 1_000; count++) {
    log.repeated('refused', 'warn', `refusal ${count}`);
  }
  log.repeated('another', 'error', 'another one', 'its stack');
  expect(log.warnings).toEqual(['refusal 0']);
  expect(log.errors).toEqual(['another one']);
  expect(log.stacks).toEqual(['its stack']);
  runtime.advance(MINUTE);
  expect(log.warnings).toEqual(['refusal 0', 'refusal 999 (999 times in the last minute)']);
  runtime.advance(10 * MINUTE);
  expect(log.warnings).toHaveLength(2);
  expect(runtime.pending).toBe(0);
  log.repeated('refused', 'warn', 'again');
  expect(log.warnings.at(-1)).toBe('again');
});

it('writes a kind immediately again after its trouble was over', () => {
  const log = new KeptLog(runtime);
  expect(log.over('refused')).toBe(false);
  log.repeated('refused', 'warn', 'first');
  expect(log.over('refused')).toBe(true);
  log.repeated('refused', 'warn', 'second');
  expect(log.warnings).toEqual(['first', 'second']);
});

it('limits the lines about a trouble that keeps ending and beginning', () => {
  const log = new KeptLog(runtime);
  let told = 0;
  for (let count = 0; count < 100; count++) {
    log.repeated('refused', 'warn', `refusal ${count}`);
    told += log.over('refused') ? 1 : 0;
  }
  expect(log.warnings).toEqual(['refusal 0', 'refusal 1']);
  expect(told).toBe(2);
  runtime.advance(MINUTE);
  expect(log.warnings.at(-1)).toBe('refusal 99 (98 times in the last minute; it is over)');
  log.repeated('refused', 'warn', 'back');
  log.repeated('refused', 'warn', 'still there');
  expect(log.warnings.at(-1)).toBe('back');
  runtime.advance(MINUTE);
  expect(log.warnings.at(-1)).toBe('still there (once in the last minute)');
  expect(log.over('refused')).toBe(true);
  runtime.advance(2 * MINUTE);
  expect(log.warnings).toHaveLength(5);
  expect(runtime.pending).toBe(0);
});

it('writes the counts when it is closed', () => {
  const log = new KeptLog(runtime);
  for (let count = 0; count < 500; count++) {
    log.repeated('closed', 'warn', 'not pushed');
  }
  log.repeated('another', 'error', 'once');
  log.close();
  expect(log.warnings).toEqual(['not pushed', 'not pushed (499 more times)']);
  expect(log.errors).toEqual(['once']);
  expect(runtime.pending).toBe(0);
});

it('that is closed writes the first line of a kind, and starts no timer', () => {
  const log = new KeptLog(runtime);
  log.close();
  for (let count = 0; count < 500; count++) {
    log.repeated('lost', 'warn', `worker ${count} is lost`);
  }
  expect(log.warnings).toEqual(['worker 0 is lost']);
  expect(runtime.pending).toBe(0);
});

it('writes a kind only once, whatever its text', () => {
  const log = new KeptLog(runtime);
  log.once('blind', 'warn', 'one');
  log.once('blind', 'warn', 'two');
  expect(log.warnings).toEqual(['one']);
});

it('keeps a limited number of kinds', () => {
  const log = new KeptLog(runtime);
  for (let kind = 0; kind < 5_000; kind++) {
    log.repeated(`kind ${kind}`, 'warn', 'text');
    log.once(`kind ${kind}`, 'warn', 'text');
  }
  expect(runtime.pending).toBeLessThanOrEqual(1_000);
});

it('cuts long lines, and escapes control characters', () => {
  const log = new KeptLog(runtime);
  log.warn('x'.repeat(2_000_000));
  log.warn('\u001b[31mred\u001b[0m\nanother line\r\u202eback');
  log.error('failed', 'Error: a\u0007\n    at b');
  expect(log.warnings[0]?.length).toBeLessThan(2_100);
  expect(log.warnings[1]).toBe('\\u001b[31mred\\u001b[0m\\u000aanother line\\u000d\\u202eback');
  expect(log.stacks).toEqual(['Error: a\\u0007\n    at b']);
});

it('a logger that throws affects nobody, and is reported once', () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const fail = (): never => {
    throw new Error('the disk is full');
  };
  const log = new Log({ info: fail, warn: fail, error: fail });
  log.info('one');
  log.warn('two');
  log.error('three');
  log.repeated('kind', 'warn', 'four');
  expect(warned).toHaveBeenCalledTimes(1);
  warned.mockRestore();
});

it('knows the trouble of one of several servers apart from that of the others', () => {
  const log = new KeptLog(runtime);
  const [one, other] = [log.of('{1}'), log.of('{2}')];
  one.repeated('refused', 'warn', 'refused by one');
  other.repeated('refused', 'error', 'refused by the other', 'its stack');
  expect([log.warnings, log.errors]).toEqual([['refused by one'], ['refused by the other']]);
  expect(log.stacks).toEqual(['its stack']);
  expect([one.over('refused'), one.over('refused'), other.over('refused')]).toEqual([
    true,
    false,
    true,
  ]);
  expect([log.of('{1}'), one.ofAllServers]).toEqual([one, log]);
  expect([log.of(''), log.ofAllServers]).toEqual([log, log]);
});

it('writes once what several servers say once', () => {
  const log = new KeptLog(runtime);
  ['{1}', '{2}', ''].forEach((server) => log.of(server).once('rights', 'warn', 'no rights'));
  expect(log.warnings).toEqual(['no rights']);
});

it('writes the counts of all servers when it is closed, and starts no timer for any after that', () => {
  const log = new KeptLog(runtime);
  const server = log.of('{1}');
  ['first', 'second'].forEach((text) => server.repeated('refused', 'warn', text));
  log.close();
  expect(log.warnings).toEqual(['first', 'second (1 more time)']);
  log.of('{2}').repeated('refused', 'warn', 'late');
  server.repeated('refused', 'warn', 'late, too');
  expect([log.warnings.length, runtime.pending]).toEqual([4, 0]);
});
