/** A thread that simulates seeds: it receives the first seed and a count, and posts the outcomes of the seeds that failed. */
import { register } from 'node:module';
import { parentPort as main, workerData } from 'node:worker_threads';

register('./typescript-hooks.mjs', import.meta.url, { data: workerData });
const { failuresOf } = await import('./failures.ts');

main.on('message', async ({ first, count, most }) => answer(await failuresOf(first, count, most)));
answer([]);

function answer(failures) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  main.postMessage(failures);
}
