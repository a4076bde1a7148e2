import { expect, it } from 'vitest';
import { readList } from '../../../lib/protocol/operations/lists.js';
import { Slot } from '../../../lib/worker/taking/slots.js';
import { UnansweredTakes } from '../../../lib/worker/taking/unanswered-takes.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { KeptLog } from '../support/kept-log.js';
import { watched } from '../support/watched.js';

const take = (key: string) => ({ slot: new Slot(0, key), most: 1, isLong: true });

function reader() {
  const driver = new FakeDriver();
  const log = new KeptLog(driver.runtime);
  const takes = new UnansweredTakes(driver, log);
  const asked = () => driver.commands.open.map(({ input }) => (input as { list: string }).list);
  return { driver, log, takes, asked };
}

it('they are read one after the other', async () => {
  const { driver, takes, asked } = reader();
  const [first, second] = [
    watched(takes.read(take('one'), 'q')),
    watched(takes.read(take('two'), 'q')),
  ];
  await driver.settle();
  expect(asked()).toEqual(['one']);
  driver.commands.next(readList).answer(['job-1']);
  await driver.settle();
  expect([first.result, asked()]).toEqual([['job-1'], ['two']]);
  driver.commands.next(readList).answer([]);
  await driver.settle();
  expect(second.result).toEqual([]);
});

it('one that Redis does not show holds up no other, and is tried again', async () => {
  const { driver, takes, asked, log } = reader();
  const wrong = watched(takes.read(take('wrong'), 'q'));
  const right = watched(takes.read(take('right'), 'q'));
  await driver.settle();
  driver.commands.next(readList).refuse('WRONGTYPE Operation against a key');
  await driver.settle();
  expect([log.errors.length, asked()]).toEqual([1, ['right']]);
  driver.commands.next(readList).answer(['job']);
  await driver.runtime.advanceAsync(50);
  expect([right.result, asked()]).toEqual([['job'], ['wrong']]);
  driver.commands.next(readList).answer([]);
  await driver.settle();
  expect(wrong.result).toEqual([]);
});

it('none is read any more once the connections are closed', async () => {
  const { driver, takes } = reader();
  const read = watched(takes.read(take('one'), 'q'));
  await driver.settle();
  driver.close();
  await driver.runtime.advanceAsync(50);
  expect(read).toEqual({ isDone: true, result: undefined });
});
