import { expect, it } from 'vitest';
import { Hooks } from '../../../lib/telemetry/hooks.js';
import type { JobTrace } from '../../../lib/telemetry/job-trace.js';
import type { Telemetry } from '../../../lib/telemetry/telemetry.js';
import { KeptLog } from '../support/kept-log.js';

const JOB = {
  kind: 'request',
  queue: 'reports',
  handler: 'Reports#render',
  id: 'job-1',
  headers: {},
  attempt: 1,
  waited: 3,
} as const;

const CALL = { kind: 'request', queue: 'reports', id: 'job-1', headers: {} } as const;

function newHooks(telemetry: Telemetry, server = (): string => 'redis://test') {
  const log = new KeptLog();
  return { log, hooks: new Hooks({ instance: 'default', log, telemetry, server }) };
}

it('an error of the run is not taken for one of the listener', () => {
  const { log, hooks } = newHooks({ jobBegins: (_, run) => (run(), undefined) });
  const fail = (): never => {
    throw new Error('of the run');
  };
  expect(() => hooks.jobBegins(JOB, fail)).toThrow('of the run');
  expect(log.errors).toEqual([]);
});

it('the ends of a call and of a job are told once', () => {
  const told: unknown[] = [];
  const { hooks } = newHooks({
    callBegins: () => (call) => void told.push(call.outcome),
    jobBegins: (_, run) => (run(), (job) => void told.push(job.outcome)),
  });
  const call = hooks.callBegins(CALL);
  call.ended('timeout', undefined, true);
  expect(told).toEqual([]);
  call.failed(new Error('too late'));
  call.failed(new Error('again'));
  call.ended('reply', undefined, false);
  let trace: JobTrace | undefined;
  hooks.jobBegins(JOB, (made) => (trace = made));
  trace?.ended('reply', undefined, undefined);
  trace?.ended('error', new Error('again'), undefined);
  expect(told).toEqual(['timeout', 'reply']);
});

it('a server that cannot be named does not keep a call from beginning', () => {
  const servers: string[] = [];
  const { hooks } = newHooks({ callBegins: ({ server }) => void servers.push(server) }, () => {
    throw new Error('The connections are closed');
  });
  hooks.callBegins(CALL);
  expect(servers).toEqual(['']);
});

it.each<[string, unknown, string]>([
  ['an error', new Error('not today'), 'Error: not today'],
  [
    'an error that cannot be read',
    Object.defineProperty(new Error(), 'message', {
      get: () => {
        throw new Error('nor its message');
      },
    }),
    'an error that cannot be shown',
  ],
  ['a text', 'not today', 'not today'],
])('%s that a listener throws is logged, and ends no call', (_what, error, shown) => {
  const { log, hooks } = newHooks({
    callBegins: () => {
      throw error;
    },
  });
  hooks.callBegins(CALL).failed(new Error('of the call'));
  expect(log.errors).toEqual([
    expect.stringContaining(`The option telemetry threw in callBegins: ${shown}`),
  ]);
});
