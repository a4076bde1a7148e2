import { expect, it } from 'vitest';
import type { SettledQueue } from '../../../lib/worker/settling/outcome.js';
import { RefusedSettles, type Refusal } from '../../../lib/worker/settling/refused-settles.js';
import type { SettleCall } from '../../../lib/worker/settling/settle-call.js';
import type { SettlePart } from '../../../lib/worker/settling/settle-part.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';
import { KeptLog } from '../support/kept-log.js';

/** Calls of one part that Redis refuses until it is told not to, and when each was tried again, ms. */
function newRefused(message: string) {
  const runtime = new VirtualRuntime();
  const log = new KeptLog(runtime);
  const part: SettlePart = {
    queue: { name: 'reports' } as SettledQueue,
    outcomes: [],
    takes: [],
  };
  const call: Partial<SettleCall> = { toRetry: () => [part], mayBeDone: false };
  const error = Object.assign(new Error(message), { name: 'ReplyError' });
  const refusal: Refusal = { call: call as SettleCall, error };
  const server = { isRefusing: true };
  const tries: number[] = [];
  const carriedOut: SettlePart[] = [];
  const owner = {
    settle: async () => {
      tries.push(runtime.now());
      return server.isRefusing ? refusal : undefined;
    },
    onCarriedOut: (parts: readonly SettlePart[]) => void carriedOut.push(...parts),
  };
  const refused = new RefusedSettles(log, owner, runtime);
  return {
    insisting: refused.retryUntilAccepted(refusal),
    runtime,
    log,
    server,
    tries,
    carriedOut,
  };
}

it.each([
  ['NOREPLICAS Not enough good replicas to write.', [50, 150, 350, 750, 1_550, 2_550, 3_550]],
  ['NOPERM No permissions', [50, 150, 350, 750, 1_550, 3_150, 6_350, 11_350, 16_350]],
])('a refused call is retried after growing waits with a limit: %s', async (message, expected) => {
  const { runtime, tries } = newRefused(message);
  await runtime.advanceAsync(expected.at(-1) ?? 0);
  expect(tries).toEqual(expected);
});

it('a refused call is retried until it is carried out, which is logged once', async () => {
  const { insisting, runtime, log, server, tries, carriedOut } = newRefused('OOM no memory');
  await runtime.advanceAsync(60_000);
  expect([carriedOut, log.infos]).toEqual([[], []]);
  server.isRefusing = false;
  await runtime.advanceAsync(1_000);
  await insisting;
  expect(carriedOut).toHaveLength(1);
  expect(log.infos).toEqual(['Redis accepts replies again']);
  const count = tries.length;
  await runtime.advanceAsync(60_000);
  expect(tries).toHaveLength(count);
});

it.each([
  ['OOM no memory', 'errors'],
  ['ASK 7 10.0.0.7:6379', 'warnings'],
  ['TRYAGAIN Multiple keys request during rehashing of slot', 'warnings'],
] as const)('replies that are held because of %s are among the %s', async (message, level) => {
  const { runtime, log } = newRefused(message);
  await runtime.advanceAsync(1_000);
  const { errors, warnings } = log;
  const other = level === 'errors' ? warnings : errors;
  expect([log[level], other]).toEqual([[expect.stringContaining('Redis refuses replies')], []]);
});
