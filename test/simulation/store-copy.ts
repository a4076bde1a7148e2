import type { Store } from '../../lib/memory/store.js';

const KINDS = ['list', 'hash', 'zset'] as const;

/** Copies all keys, but for those that another program has written. @returns a function that restores the copy. */
export function copyOf(store: Store): () => void {
  const { now } = store;
  const restores = store.keys.flatMap((key) => {
    const kind = KINDS.find((each) => each === store.kindOf(key));
    const value = kind && structuredClone(store.read(kind, key));
    const left = store.timeLeft(key);
    return kind && value
      ? [
          (): void => {
            if (!store.has(key)) {
              store.write(kind, key, () => value);
              if (left >= 0) {
                store.expire(key, now + left - store.now);
              }
            }
          },
        ]
      : [];
  });
  return () => {
    store.keys.filter((key) => store.kindOf(key) !== 'string').forEach((key) => store.delete(key));
    restores.forEach((restore) => restore());
  };
}
