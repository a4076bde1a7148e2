import { expect, it } from 'vitest';
import { JobRemover } from '../../../lib/admin/job-remover.js';
import { ShardCalls } from '../../../lib/admin/shard-calls.js';
import { WaitingJobReader } from '../../../lib/admin/waiting-job-reader.js';
import { singleShard } from '../../../lib/driver/shard.js';
import { Keys } from '../../../lib/protocol/keys.js';
import {
  countKeys,
  deleteKey,
  expireKey,
  renameKeyIfFree,
} from '../../../lib/protocol/operations/keys.js';
import { listLength, readList } from '../../../lib/protocol/operations/lists.js';
import { putAwayJob } from '../../../lib/protocol/operations/put-away-job.js';
import { settleJobs } from '../../../lib/protocol/operations/settle-jobs.js';
import { FakeDriver } from '../../support/fake-driver.js';

const JOB = '["a",1,{"c":"caller","t":1}]';

/** A remover of the only job of a queue, whose caller waits, on a line whose answers the test gives. */
function removerOfOne() {
  const driver = new FakeDriver();
  const shards = singleShard(driver, new Keys(''));
  const calls = new ShardCalls(shards);
  const { commands: line } = driver;
  line.always(listLength, () => 1);
  line.always(readList, ({ list, first }) => (list === 'qrequests' || first === 0 ? [JOB] : []));
  line.always(deleteKey, () => undefined);
  const remover = new JobRemover(shards, calls, new WaitingJobReader(shards, calls));
  return { driver, line, remover };
}

it('a removal that was not answered is the same when it is sent again, and its caller is told', async () => {
  const { driver, line, remover } = removerOfOne();
  const removed = remover.remove('q', 'a');
  await driver.settle();
  line.next(putAwayJob).lose();
  await driver.settle();
  line.next(putAwayJob).answer(true);
  await driver.settle();
  line.next(settleJobs).answer({ jobs: [] });
  expect(await removed).toBe(true);
  const [sent, again] = line.inputsOf(putAwayJob);
  expect(again).toEqual(sent);
  expect(line.inputsOf(deleteKey)).toEqual([sent?.away]);
});

it.each([
  ['was not answered', (line: FakeDriver['commands']) => line.next(settleJobs).lose()],
  ['was refused for now', (line: FakeDriver['commands']) => line.next(settleJobs).refuse('OOM no')],
])('an error for a caller that %s is sent again', async (_, fail) => {
  const { driver, line, remover } = removerOfOne();
  line.always(renameKeyIfFree, () => true);
  line.always(countKeys, () => 1);
  line.always(expireKey, () => undefined);
  const purged = remover.purge('q');
  await driver.settle();
  fail(line);
  await driver.runtime.advanceAsync(1_000);
  expect(line.inputsOf(deleteKey)).toEqual([]);
  line.next(settleJobs).answer({ jobs: [] });
  expect(await purged).toBe(1);
  const [sent, again] = line.inputsOf(settleJobs);
  expect(again).toEqual(sent);
});

it('a caller whose reply list is no list holds nobody up; a right that is missing is told', async () => {
  for (const [refusal, expected] of [
    ['WRONGTYPE no list', 1],
    ['NOPERM no right', /NOPERM|permission/],
  ] as const) {
    const { driver, line, remover } = removerOfOne();
    line.always(renameKeyIfFree, () => true);
    line.always(countKeys, () => 1);
    line.always(expireKey, () => undefined);
    const purged = remover.purge('q').catch((error: Error) => error.message);
    await driver.settle();
    line.next(settleJobs).refuse(refusal);
    await driver.settle();
    expect(await purged).toEqual(
      typeof expected === 'number' ? 1 : expect.stringMatching(expected),
    );
  }
});
