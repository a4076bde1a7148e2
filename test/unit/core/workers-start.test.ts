import { describe, expect, it } from 'vitest';
import { startWorkers } from '../../../lib/core/workers-start.js';
import type { ReplyWorkersStatus } from '../../../lib/worker/workers-status.js';
import { KeptLog } from '../support/kept-log.js';
import { systemRuntime } from '../../../lib/driver/system-runtime.js';

const never = new Promise<never>(() => undefined);
/** A timeout that passes at once, ms. */
const SHORT = 5;
/** A timeout that never passes in a test, ms. */
const LONG = 60_000;

function parts(started: Promise<void>, { lost = never as Promise<void>, isReady = true } = {}) {
  const status: ReplyWorkersStatus & { state: ReplyWorkersStatus['state'] } = {
    state: 'starting',
    queues: [],
  };
  return {
    workers: { start: () => started, status },
    servers: { lost: () => lost, isReady, runtime: systemRuntime },
    log: new KeptLog(),
  };
}

it('a start waits until the workers have registered, and logs nothing', async () => {
  const { promise, resolve } = withResolvers();
  const { log, ...others } = parts(promise);
  let isOver = false;
  const waited = startWorkers({ log, ...others }, LONG).then(() => (isOver = true));
  await Promise.resolve();
  expect(isOver).toBe(false);
  resolve();
  await waited;
  expect([...log.infos, ...log.warnings, ...log.errors]).toEqual([]);
});

it('a start fails with the error that keeps the workers from ever starting', async () => {
  await expect(startWorkers(parts(Promise.reject(new Error('wrong'))), LONG)).rejects.toThrow(
    'wrong',
  );
});

describe('an application starts before its workers', () => {
  it('at once when Redis is unreachable, without another log line', async () => {
    const { log, ...others } = parts(never, { lost: Promise.resolve() });
    await startWorkers({ log, ...others }, LONG);
    expect([...log.infos, ...log.warnings, ...log.errors]).toEqual([]);
  });

  it.each([
    ['does not take them', true, 'Redis has not confirmed the first lease of each worker'],
    ['is silent', false, 'Redis does not answer, or reports that it is not ready'],
  ])('soon when Redis %s, and logs it once', async (_, isReady, reason) => {
    const { promise, resolve } = withResolvers();
    const { log, ...others } = parts(promise, { isReady });
    await startWorkers({ log, ...others }, SHORT);
    expect(log.warnings).toEqual([`Not all workers serve their queues yet: ${reason}; retrying`]);
    expect(log.infos).toEqual([]);
    others.workers.status.state = 'running';
    resolve();
    await promise;
    await Promise.resolve();
    expect(log.infos).toEqual(['All workers serve their queues now']);
    expect(log.warnings).toHaveLength(1);
  });

  it('and does not log that they serve if they were stopped meanwhile', async () => {
    const { promise, resolve } = withResolvers();
    const { log, ...others } = parts(promise);
    await startWorkers({ log, ...others }, SHORT);
    others.workers.status.state = 'stopped';
    resolve();
    await promise;
    await Promise.resolve();
    expect(log.infos).toEqual([]);
  });

  it.each([
    ['an error', new Error('odd'), 'odd'],
    ['no error', undefined, 'undefined'],
    ['nothing that can be looked at', revoked(), ''],
  ])('and logs it if they then fail with %s', async (_, reason, text) => {
    const { promise, reject } = withResolvers();
    const { log, ...others } = parts(promise);
    await startWorkers({ log, ...others }, SHORT);
    reject(reason);
    await promise.catch(() => undefined);
    await Promise.resolve();
    expect(log.errors).toEqual([expect.stringContaining(`Starting the workers failed: ${text}`)]);
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Replaces `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers() {
  let resolve: () => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<void>((...given) => {
    [resolve, reject] = given;
  });
  return { promise, resolve, reject };
}
