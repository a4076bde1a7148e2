import { describe, expect, it } from 'vitest';
import { ReplyError } from '../../../lib/memory/reply-error.js';
import { SharedRetries } from '../../../lib/worker/settling/shared-retries.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';

/** Calls of one kind that are refused until the test says otherwise. */
function refusedCalls() {
  const runtime = new VirtualRuntime();
  const turns = new SharedRetries(runtime);
  const state = { isRefused: true, tries: new Map<string, number>(), done: [] as string[] };
  return {
    runtime,
    state,
    begin: async (name: string, onError: () => boolean = () => true): Promise<void> => {
      await turns.run(async () => {
        state.tries.set(name, (state.tries.get(name) ?? 0) + 1);
        await Promise.resolve();
        if (state.isRefused) {
          throw new ReplyError('OOM command not allowed');
        }
      }, onError);
      state.done.push(name);
    },
  };
}

describe('calls that are refused for one reason', () => {
  it('are retried by one, and by all once it has succeeded, without a timer left', async () => {
    const { runtime, state, begin } = refusedCalls();
    void ['one', 'two', 'three'].map((name) => begin(name));
    await runtime.advanceAsync(10_000);
    expect(state.tries.get('one')).toBeGreaterThan(5);
    expect([state.tries.get('two'), state.tries.get('three')]).toEqual([1, 1]);
    state.isRefused = false;
    await runtime.advanceAsync(1_000);
    expect([state.done, runtime.pending]).toEqual([['one', 'two', 'three'], 0]);
  });

  it('are retried one by one after a while, since the leader may be refused for a reason of its own', async () => {
    const { runtime, state, begin } = refusedCalls();
    void ['one', 'two'].map((name) => begin(name));
    await runtime.advanceAsync(65_000);
    expect(state.tries.get('two')).toBe(3);
  });

  it('are retried by another one when the leader gives up', async () => {
    const { runtime, state, begin } = refusedCalls();
    let isWanted = true;
    const gaveUp = expect(begin('one', () => isWanted)).rejects.toThrow('OOM');
    void begin('two');
    void begin('three');
    await runtime.advanceAsync(5_000);
    isWanted = false;
    await runtime.advanceAsync(1_000);
    await gaveUp;
    await runtime.advanceAsync(10_000);
    expect(state.tries.get('two')).toBeGreaterThan(5);
    expect(state.tries.get('three')).toBe(2);
  });
});
