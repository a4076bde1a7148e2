import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { AbortListeners } from '../../../lib/client/waiting/abort-listeners.js';

it('are called with the abort reason, unless they were removed', () => {
  const { signal, abort } = controller();
  const listeners = new AbortListeners();
  const heard: unknown[] = [];
  listeners.add(signal, (reason) => heard.push(['one', reason]));
  const stop = listeners.add(signal, (reason) => heard.push(['two', reason]));
  listeners.add(signal, (reason) => heard.push(['three', reason]));
  stop();
  abort('enough');
  expect(heard).toEqual([
    ['one', 'enough'],
    ['three', 'enough'],
  ]);
});

it('add one listener to the signal, however many there are', () => {
  const { signal } = controller();
  const listeners = new AbortListeners();
  const stops = Array.from({ length: 100 }, () => listeners.add(signal, () => undefined));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  for (const stop of stops) {
    stop();
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  listeners.add(signal, () => undefined);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
});

it('may remove each other while they are called', () => {
  const { signal, abort } = controller();
  const listeners = new AbortListeners();
  const heard: string[] = [];
  listeners.add(signal, () => {
    heard.push('one');
    stop();
  });
  const stop = listeners.add(signal, () => heard.push('two'));
  abort('enough');
  expect(heard).toEqual(['one']);
});

function controller() {
  const made = new AbortController();
  return { signal: made.signal, abort: (reason: unknown) => made.abort(reason) };
}
