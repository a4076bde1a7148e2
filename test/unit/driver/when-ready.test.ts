import { expect, it } from 'vitest';
import { WhenReady } from '../../../lib/driver/when-ready.js';
import { FakeDriver } from '../../support/fake-driver.js';

function newWork() {
  const driver = new FakeDriver();
  const counts = { done: 0, waits: 0 };
  const failures: unknown[] = [];
  const work = new WhenReady(driver, () => counts.done++, {
    ready: () => {
      counts.waits++;
      return driver.usable();
    },
    failed: (error) => failures.push(error),
  });
  return { driver, work, counts, failures };
}

it('is done once at the end of the turn, however often it is scheduled', async () => {
  const { driver, work, counts } = newWork();
  work.schedule();
  work.schedule();
  expect(counts.done).toBe(0);
  await driver.settle();
  work.schedule();
  await driver.settle();
  expect(counts).toEqual({ done: 2, waits: 0 });
});

it('is done once when the server is ready again, after one wait', async () => {
  const { driver, work, counts } = newWork();
  driver.disconnect();
  for (let turn = 0; turn < 3; turn++) {
    work.schedule();
    await driver.settle();
  }
  expect(counts).toEqual({ done: 0, waits: 1 });
  driver.reconnect();
  await driver.settle();
  expect(counts).toEqual({ done: 1, waits: 1 });
});

it('waits if the connection is lost before the end of the turn', async () => {
  const { driver, work, counts } = newWork();
  work.schedule();
  driver.disconnect();
  await driver.settle();
  expect(counts.done).toBe(0);
  driver.reconnect();
  await driver.settle();
  expect(counts.done).toBe(1);
});

it('is done at once by now() if the server is ready', () => {
  const { driver, work, counts } = newWork();
  work.now();
  expect(counts.done).toBe(1);
  driver.disconnect();
  work.now();
  expect(counts.done).toBe(1);
});

it('reports a failed wait, and waits again when it is scheduled again', async () => {
  const { driver, work, counts, failures } = newWork();
  driver.disconnect();
  work.schedule();
  driver.close();
  await driver.settle();
  expect(failures).toHaveLength(1);
  work.schedule();
  await driver.settle();
  expect(failures).toHaveLength(2);
  expect(counts).toEqual({ done: 0, waits: 2 });
});
