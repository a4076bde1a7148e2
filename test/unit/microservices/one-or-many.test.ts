import { concat, EMPTY, from, NEVER, of, Subject, throwError, type Observable } from 'rxjs';
import { expect, it } from 'vitest';
import { systemRuntime } from '../../../lib/driver/system-runtime.js';
import { oneOrMany } from '../../../lib/microservices/one-or-many.js';
import type { RunContext } from '../../../lib/worker/running/run-context.js';

/** Subscribes, as a worker does. @returns what came, with whether it is a stream at that moment. */
function follow(values: Observable<unknown>) {
  const job = { isStreaming: false, time: { runtime: systemRuntime } } as unknown as RunContext;
  const came: unknown[] = [];
  const note = (what: unknown) => (): void => void came.push([what, job.isStreaming]);
  oneOrMany(values, job).values.subscribe({
    next: (value) => note(value)(),
    error: note('failed'),
    complete: note('completed'),
  });
  return { came };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('takes one value that completes in its turn for a plain reply', async () => {
  for (const values of [of(1), from(Promise.resolve(1))]) {
    const { came } = follow(values);
    await nextTurn();
    expect(came).toEqual([
      [1, false],
      ['completed', false],
    ]);
  }
});

it('takes several values for a stream, and none', () => {
  expect(follow(from([1, 2])).came).toEqual([
    [1, true],
    [2, true],
    ['completed', true],
  ]);
  expect(follow(EMPTY).came).toEqual([['completed', true]]);
});

it('passes the first value on with its turn where more may follow', async () => {
  const { came } = follow(concat(of(1), NEVER));
  expect(came).toEqual([]);
  await nextTurn();
  expect(came).toEqual([[1, true]]);
});

it('passes the first value on before an error', () => {
  const { came } = follow(
    concat(
      of(1),
      throwError(() => new Error('late')),
    ),
  );
  expect(came).toEqual([
    [1, true],
    ['failed', true],
  ]);
});

it('makes no stream of a value that nobody waits for any more', async () => {
  const source = new Subject();
  const job = { isStreaming: false, time: { runtime: systemRuntime } } as unknown as RunContext;
  const subscription = oneOrMany(source, job).values.subscribe();
  source.next(1);
  subscription.unsubscribe();
  await nextTurn();
  expect(job.isStreaming).toBe(false);
});
