import { expect, it } from 'vitest';
import { RunContext } from '../../../lib/worker/running/run-context.js';
import { JobRun } from '../../../lib/worker/running/job-run.js';
import { RunRegistry } from '../../../lib/worker/running/run-registry.js';
import { Slot } from '../../../lib/worker/taking/slots.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';

const runtime = new VirtualRuntime();
const [place] = new Slot(0, 'slot').fill(1);

function newRun(id: string): JobRun {
  const job = { version: 2, id, data: undefined, redeliveries: 0 } as const;
  if (!place) {
    throw new Error('The slot has no place');
  }
  return new JobRun(job, place, new RunContext('reports', job, { clock: runtime, runtime }));
}

it('the registry holds the runs that are not over, whichever ends first', () => {
  const runs = new RunRegistry();
  const [one, two, three] = [newRun('one'), newRun('two'), newRun('three')];
  for (const run of [one, two, three]) {
    runs.add(run);
  }
  expect(runs.size).toBe(3);
  runs.over(one);
  expect(new Set(runs)).toEqual(new Set([two, three]));
  runs.over(one);
  expect(runs.size).toBe(2);
  runs.over(three);
  expect([...runs]).toEqual([two]);
  runs.over(two);
  expect(runs.size).toBe(0);
  runs.add(one);
  expect([...runs]).toEqual([one]);
});
