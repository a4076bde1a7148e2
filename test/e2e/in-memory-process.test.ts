import { once } from 'node:events';
import { expect, it } from 'vitest';
import { hasEnded, startProcess } from '../support/processes.js';
import { waitFor } from '../support/wait-for.js';

/** Where nobody listens: an application that is tested without a server must not ask. */
const NO_REDIS = 'redis://127.0.0.1:1';

it('a process without a server ends by itself once its application is closed, and has one library', async () => {
  const process = await startProcess('in-memory', { REDIS_URL: NO_REDIS });
  const [told] = await once(process, 'message');
  expect(told).toEqual({ reply: 42, isOne: true });
  await waitFor(() => hasEnded(process));
  expect(process.exitCode).toBe(0);
});
