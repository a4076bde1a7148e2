import type { Store } from '../../lib/memory/store.js';
import { keyOf } from './elements.js';

/**
 * @param keyOfFrame - returns the key of the question that a frame replies to.
 * @returns where each job and its frames are in the lists, by the keys of their questions.
 */
export function tracesIn(
  store: Store,
  keyOfFrame: (frame: string) => string | undefined,
): Map<string, string> {
  const traces = new Map<string, string>();
  for (const list of store.keys.filter((key) => store.kindOf(key) === 'list').toSorted()) {
    for (const element of store.read('list', list) ?? []) {
      const key = keyOf(jobOf(list, element)) || keyOfFrame(element);
      if (key !== undefined) {
        traces.set(key, `${traces.get(key) ?? ''}${list} ${element}\n`);
      }
    }
  }
  return traces;
}

const jobOf = (list: string, element: string): string =>
  list.endsWith('dead') ? String(JSON.parse(element).job) : element;
