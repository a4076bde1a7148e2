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
  for (const list of store.keys.filter((key) => store.kindOf(key) === 'list').toSorted()) {
    for (const element of store.read('list', list) ?? []) {
      const key = keyOf(jobOf(list, element)) || keys.get(idOf(element));
      if (key !== undefined) {
        traces.set(key, `${traces.get(key)}\n${list} ${element}`);
      }
    }
  }
  return traces;
}

const jobOf = (list: string, element: string): string =>
  list.endsWith('dead') ? String(JSON.parse(element).job) : element;
