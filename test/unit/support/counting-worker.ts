import { WorkerUnderTest } from './worker-under-test.js';

/** A worker whose job gives numbers for as long as it is asked for them, and what it was asked. */
export async function countingWorker(count = Infinity) {
  const asked = { numbers: 0, isEnded: false };
  async function* numbers() {
    try {
      while (asked.numbers < count) {
        yield asked.numbers++;
      }
    } finally {
      asked.isEnded = true;
    }
  }
  const under = await WorkerUnderTest.started({ handle: numbers });
  return { under, asked };
}
