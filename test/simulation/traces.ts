import type { Store } from '../../lib/memory/store.js';
import { idOf, keyOf } from './elements.js';

/**
 * @param keys - the keys of the questions, by the ids of their jobs.
 * @param historyOf - returns what was done with a job so far.
 * @returns what there is of each job and its frames, by the keys of their questions.
 */
export function tracesIn(
  store: Store,
  keys: ReadonlyMap<string, string>,
  historyOf: (key: string) => string,
): Map<string, string> {
  const traces = new Map([...keys.values()].map((key) => [key, historyOf(key)]));
  for (const place of store.keys.toSorted()) {
    for (const element of textsIn(store, place)) {
      const key = keyOf(element) || keys.get(idOf(element));
      if (key !== undefined) {
        traces.set(key, `${traces.get(key)}\n${place} ${element}`);
      }
    }
  }
  return traces;
}

/** @returns the elements of a list, and the dead letters of a queue, which end with their jobs. */
function textsIn(store: Store, key: string): readonly string[] {
  if (store.kindOf(key) === 'list') {
    return store.read('list', key) ?? [];
  }
  return key.endsWith('deadletters') ? [...(store.read('hash', key)?.values() ?? [])] : [];
}
