import { describe, expect, it } from 'vitest';
import { JobCanceller } from '../../../lib/client/waiting/job-canceller.js';
import { publish } from '../../../lib/protocol/operations/publish.js';
import { decodeCancelMessage } from '../../../lib/protocol/wire/cancel-message.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { KeptLog } from '../support/kept-log.js';

function newCanceller() {
  const driver = new FakeDriver();
  const log = new KeptLog();
  const canceller = new JobCanceller(driver.shard(), log);
  const line = driver.commands;
  return {
    canceller,
    driver,
    line,
    log,
    cancel(count: number, queue = 'reports'): void {
      for (let index = 0; index < count; index++) {
        canceller.cancel({ queue, id: `${queue}-${index}` });
      }
    },
    /** How many ids each message had, by channel. */
    told: (): [string, number][] =>
      line
        .inputsOf(publish)
        .map(({ channel, message }) => [channel, decodeCancelMessage(message).length]),
  };
}

describe('jobs that are cancelled', () => {
  it('in one turn are published together, in one message per queue', async () => {
    const { cancel, driver, told } = newCanceller();
    cancel(2);
    cancel(1, 'mails');
    expect(told()).toEqual([]);
    await driver.settle();
    expect(told()).toEqual([
      ['reportscancel', 2],
      ['mailscancel', 1],
    ]);
  });

  it('are published in messages of limited length', async () => {
    const { cancel, driver, told } = newCanceller();
    cancel(2_500);
    await driver.settle();
    expect(told().map(([, count]) => count)).toEqual([1_000, 1_000, 500]);
  });

  it('while the server is unreachable are published after the reconnect, with one wait for all turns', async () => {
    const { cancel, driver, told } = newCanceller();
    driver.disconnect();
    for (let turn = 0; turn < 3; turn++) {
      cancel(1);
      await driver.settle();
    }
    expect(told()).toEqual([]);
    driver.reconnect();
    await driver.settle();
    expect(told()).toEqual([['reportscancel', 3]]);
  });

  it('in the turn in which the connection is lost are published after the reconnect', async () => {
    const { cancel, driver, told } = newCanceller();
    cancel(1);
    driver.disconnect();
    await driver.settle();
    expect(told()).toEqual([]);
    driver.reconnect();
    await driver.settle();
    expect(told()).toEqual([['reportscancel', 1]]);
  });
});

describe('a message', () => {
  it('that may not have arrived is sent again', async () => {
    const { cancel, driver, line, told } = newCanceller();
    cancel(2);
    await driver.settle();
    line.next(publish).lose();
    await driver.settle();
    expect(told()).toEqual([
      ['reportscancel', 2],
      ['reportscancel', 2],
    ]);
  });

  it('that is refused temporarily is sent again after a wait', async () => {
    const { cancel, driver, line, log, told } = newCanceller();
    cancel(1);
    await driver.settle();
    line.next(publish).refuse('LOADING Redis is loading the dataset in memory');
    await driver.runtime.advanceAsync(999);
    expect(told()).toHaveLength(1);
    await driver.runtime.advanceAsync(1);
    expect(told()).toHaveLength(2);
    expect(log.warnings).toEqual([expect.stringContaining('cancelled jobs (LOADING')]);
  });

  it('that is refused permanently is not sent again', async () => {
    const { cancel, driver, line, log, told } = newCanceller();
    cancel(1);
    await driver.settle();
    line.next(publish).refuse('NOPERM this user has no permissions');
    await driver.runtime.advanceAsync(60_000);
    expect(told()).toHaveLength(1);
    expect(log.errors).toHaveLength(1);
  });

  it('that is lost repeatedly keeps a limited number of ids', async () => {
    const { cancel, driver, line, told } = newCanceller();
    cancel(9_000);
    await driver.settle();
    cancel(9_000);
    driver.disconnect();
    await driver.settle();
    driver.reconnect();
    await driver.settle();
    const second = told().slice(9);
    expect(second.reduce((sum, [, count]) => sum + count, 0)).toBe(10_000);
    expect(line.open).toHaveLength(second.length);
  });
});

describe('a canceller that is closed', () => {
  it('publishes the waiting ids at once, and retries nothing', async () => {
    const { canceller, cancel, driver, line, told } = newCanceller();
    cancel(1);
    canceller.flush();
    expect(told()).toHaveLength(1);
    canceller.close();
    line.next(publish).lose();
    await driver.runtime.advanceAsync(60_000);
    expect(told()).toHaveLength(1);
  });

  it('publishes nothing while the server is unreachable', async () => {
    const { canceller, cancel, driver, told } = newCanceller();
    driver.disconnect();
    cancel(1);
    canceller.flush();
    canceller.close();
    driver.close();
    await driver.settle();
    expect(told()).toEqual([]);
  });
});
