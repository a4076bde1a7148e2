import { describe, expect, it } from 'vitest';
import { ReplyError } from '../../../lib/memory/reply-error.js';
import { Keys } from '../../../lib/protocol/keys.js';
import { renewLease, type RenewedLease } from '../../../lib/protocol/operations/renew-lease.js';
import { retireWorker } from '../../../lib/protocol/operations/retire-worker.js';
import { Lease } from '../../../lib/worker/liveness/lease.js';
import type { LeasedQueue } from '../../../lib/worker/liveness/queue-lease.js';
import { OutageHistory } from '../../../lib/worker/liveness/outage-history.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { KeptLog } from '../support/kept-log.js';

const LEASE_MS = 6_000;

/** The lease of workers on two queues, and whose leases they hear to have lapsed. */
function newLease() {
  const driver = new FakeDriver();
  const log = new KeptLog(driver.runtime);
  const keys = new Keys();
  const lapsed: string[] = [];
  const queues = ['reports', 'mails'].map((name): LeasedQueue => ({
    name,
    keys: keys.queue(name),
    slots: [keys.queue(name).active('worker-1', 0)],
    outages: new OutageHistory(LEASE_MS),
    identities: () => [],
    report: () => ({
      handler: 'Test#run',
      version: '1',
      concurrency: 1,
      running: 0,
      paused: 0,
      counts: { done: driver.runtime.now() },
    }),
    onRenewed: () => undefined,
    onLapsed: (leases) => lapsed.push(...leases.map(({ workerId }) => workerId)),
  }));
  const lease = new Lease('worker-1', LEASE_MS, queues, driver, log);
  const line = driver.commands;
  return {
    driver,
    line,
    log,
    lease,
    lapsed,
    /** What is renewed: the queue of each call, in order. */
    renewed: (): string[] =>
      line.inputsOf(renewLease).map(({ workers }) => workers.replace('workers', '')),
    async answer(former: RenewedLease['former'] = 'live', others: string[] = []): Promise<void> {
      const now = driver.runtime.now();
      const leases = others.map((workerId) => ({ workerId, expiry: '0' }));
      line.next(renewLease).answer({ now, former, lapsed: leases, isPaused: false });
      await driver.settle();
    },
  };
}

/** A promise's end, once it has one. */
function endOf(promise: Promise<unknown>): { over?: 'resolved' | 'rejected' } {
  const end: { over?: 'resolved' | 'rejected' } = {};
  promise.then(
    () => (end.over = 'resolved'),
    () => (end.over = 'rejected'),
  );
  return end;
}

describe('the start of a lease', () => {
  it('resolves for each queue by itself', async () => {
    const { lease, driver, renewed, answer, line } = newLease();
    const started = endOf(lease.start());
    const known = [endOf(lease.untilKnown('reports')), endOf(lease.untilKnown('mails'))];
    await driver.settle();
    expect(renewed()).toEqual(['reports', 'mails']);
    await answer('none');
    line.next(renewLease).refuse('NOPERM No permissions to access a key');
    await driver.settle();
    expect([started.over, known[0]?.over, known[1]?.over]).toEqual([
      undefined,
      'resolved',
      undefined,
    ]);
    expect([lease.refusalOf('reports'), lease.refusalOf('mails')]).toEqual([
      undefined,
      expect.stringContaining('refuses the user a command'),
    ]);
  });

  it('is retried when the line is lost in the middle', async () => {
    const { lease, driver, renewed, answer } = newLease();
    const started = endOf(lease.start());
    await driver.settle();
    driver.disconnect();
    await driver.runtime.advanceAsync(1_000);
    driver.reconnect();
    await driver.runtime.advanceAsync(1_000);
    expect(renewed().length).toBeGreaterThan(2);
    await answer('none');
    await answer('none');
    expect(started.over).toBe('resolved');
  });

  it('resolves when the workers are stopped before the server has answered', async () => {
    const { lease, driver, renewed } = newLease();
    driver.disconnect();
    const started = endOf(lease.start());
    const known = endOf(lease.untilKnown('reports'));
    await driver.runtime.advanceAsync(10_000);
    const stopped = endOf(lease.stop(() => true));
    await driver.settle();
    expect([started.over, known.over, renewed()]).toEqual(['resolved', 'resolved', []]);
    expect(driver.runtime.pending).toBe(0);
    driver.close();
    await driver.settle();
    expect(stopped.over).toBe('rejected');
  });

  it('resolves without a timer left when the workers are stopped while it is refused', async () => {
    const { lease, driver, line, log } = newLease();
    line.always(renewLease, () => {
      throw new ReplyError('NOPERM No permissions to access a key');
    });
    const started = endOf(lease.start());
    await driver.runtime.advanceAsync(10_000);
    const stopped = lease.stop(() => true);
    await driver.settle();
    line.next(retireWorker).answer(true);
    line.next(retireWorker).answer(true);
    await stopped;
    log.close();
    expect([started.over, driver.runtime.pending]).toEqual(['resolved', 0]);
  });
});

/** A lease that is known on both queues. */
async function startLease() {
  const parts = newLease();
  const over = parts.lease.start();
  await parts.driver.settle();
  await parts.answer('none');
  await parts.answer('none');
  await over;
  return parts;
}

describe('a lease', () => {
  it('is renewed three times per lease, and reports leases that have lapsed', async () => {
    const { driver, renewed, answer, lapsed } = await startLease();
    await driver.runtime.advanceAsync(LEASE_MS / 3);
    expect(renewed()).toEqual(['reports', 'mails', 'reports', 'mails']);
    await answer('live', ['worker-2']);
    await answer('live');
    expect(lapsed).toEqual(['worker-2']);
  });

  it('is up to date for the connection that it was renewed on, and not for the next', async () => {
    const { driver, line, lease, answer } = await startLease();
    expect(lease.isUpToDate('reports')).toBe(true);
    line.identity = { id: 2, address: '1.2.3.4:5', server: 'run-1' };
    expect(lease.isUpToDate('reports')).toBe(false);
    const renewal = endOf(lease.renew());
    await driver.settle();
    await answer();
    await answer();
    expect(lease.isUpToDate('reports')).toBe(true);
    expect([lease.isUpToDate('mails'), renewal.over]).toEqual([true, 'resolved']);
  });

  it('is renewed once for all that ask during one renewal', async () => {
    const { driver, lease, renewed, answer } = await startLease();
    const asked = [lease.renew(), lease.renewQueue('mails'), lease.renew()].map(endOf);
    await driver.settle();
    const late = [lease.renew(), lease.renew()].map(endOf);
    await answer();
    await answer();
    expect(asked.map(({ over }) => over)).toEqual(['resolved', 'resolved', 'resolved']);
    expect(late.map(({ over }) => over)).toEqual([undefined, undefined]);
    await answer();
    await answer();
    expect(late.map(({ over }) => over)).toEqual(['resolved', 'resolved']);
    expect(renewed()).toHaveLength(6);
  });

  it('rejects all that wait when there is no answer, and only its own queue when it is refused', async () => {
    const { driver, line, lease, answer } = await startLease();
    const all = lease.renew();
    const refused = expect(lease.renewQueue('reports')).rejects.toThrow('OOM');
    const other = lease.renewQueue('mails');
    await driver.settle();
    line.next(renewLease).refuse('OOM command not allowed');
    await answer();
    await Promise.all([all, refused, other]);
    const lost = expect(lease.renew()).rejects.toThrow('lost');
    await driver.settle();
    line.next(renewLease).lose();
    await driver.settle();
    await answer();
    await lost;
  });

  it('that stays refused is retried after growing waits, while the others are renewed on time', async () => {
    const { driver, line, renewed, log } = await startLease();
    line.always(renewLease, ({ workers }): RenewedLease => {
      if (workers.startsWith('reports')) {
        throw new ReplyError('NOPERM No permissions to access a key');
      }
      return { now: driver.runtime.now(), former: 'live', lapsed: [], isPaused: false };
    });
    await driver.runtime.advanceAsync(60_000);
    const counts = ['reports', 'mails'].map(
      (queue) => renewed().filter((each) => each === queue).length,
    );
    expect(counts[1]).toBe(31);
    expect(counts[0]).toBeLessThan(31);
    expect(log.errors.length).toBeLessThanOrEqual(2);
  });

  it('is given up at a stop, but stays watched where a job may still arrive in a slot', async () => {
    const { driver, line, lease } = await startLease();
    const stopped = lease.stop((queue) => queue === 'reports');
    await driver.settle();
    expect(line.inputsOf(retireWorker).map(({ isWatched }) => isWatched)).toEqual([false, true]);
    line.next(retireWorker).refuse('NOPERM no');
    line.next(retireWorker).lose();
    await stopped;
    await driver.runtime.advanceAsync(60_000);
    expect([line.open, driver.runtime.pending]).toEqual([[], 0]);
  });

  it('is given up as soon as the server is reachable again after a stop', async () => {
    const { driver, line, lease } = await startLease();
    driver.disconnect();
    const stopped = endOf(lease.stop(() => true));
    await driver.runtime.advanceAsync(100);
    expect(line.inputsOf(retireWorker)).toEqual([]);
    driver.reconnect();
    await driver.settle();
    line.next(retireWorker).answer(true);
    line.next(retireWorker).answer(true);
    await driver.settle();
    expect(stopped.over).toBe('resolved');
  });
});
