import { job, WorkerUnderTest } from './worker-under-test.js';

/** A worker whose jobs have ended at once, so that it takes some ahead: its next settle waits for an answer, and asks for them. */
export async function quickWorker(): Promise<WorkerUnderTest> {
  const under = await WorkerUnderTest.started();
  await under.arrive(job('first'));
  for (let count = 0; count < 20; count++) {
    under.runs.end(under.runs.begun.at(-1) ?? '');
    await under.settle();
    await under.confirmSettle(job(`quick-${count}`));
  }
  under.runs.end('quick-19');
  await under.settle();
  under.runs.begun.length = 0;
  return under;
}
