import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it, onTestFinished } from 'vitest';
import {
  moveToDeadList,
  type DeadListMoveResult,
} from '../../../lib/protocol/operations/move-to-dead-list.js';
import { EVENT_CHANNELS } from '../../../lib/telemetry/channel-names.js';
import { WorkerUnderTest } from '../support/worker-under-test.js';

it.each<[DeadListMoveResult, number]>([
  ['moved', 1],
  ['moved without reply', 1],
  ['gone', 0],
])('a move to the dead list that answers "%s" tells of %i dead letters', async (result, count) => {
  const told: unknown[] = [];
  const listen = (event: unknown): void => void told.push(event);
  subscribe(EVENT_CHANNELS['job dead'], listen);
  onTestFinished(() => void unsubscribe(EVENT_CHANNELS['job dead'], listen));
  const under = await WorkerUnderTest.started();
  await under.arrive('no job');
  under.commands.next(moveToDeadList).answer(result);
  await under.settle();
  expect(told).toHaveLength(count);
});
