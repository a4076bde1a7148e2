import type { Requester } from '../systems/system.js';
import type { LoadResult } from './load-result.js';

export interface Stream {
  readonly kind: 'stream';
  readonly values: number;
}

/** Reads one stream of numbers to its end. */
export function readStream(requester: Requester, { values }: Stream): Promise<LoadResult> {
  const start = performance.now();
  let count = 0;
  return new Promise((resolve, reject) => {
    requester.stream?.(
      values,
      (value) => {
        if (value !== count++) {
          reject(new Error(`Value ${count - 1} of a stream was ${value}`));
        }
      },
      (error) => {
        if (error !== undefined || count !== values) {
          reject(error ?? new Error(`A stream of ${values} values ended after ${count}`));
        } else {
          resolve({ count, elapsed: performance.now() - start });
        }
      },
    );
  });
}
