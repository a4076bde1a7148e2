import { createHash } from 'node:crypto';
import type { Bytes } from './bytes.js';

/** @returns the SHA-1 of elements that are joined by line feeds, in hex; `''` for none. */
export const digestOf = (elements: readonly Bytes[] = []): string =>
  elements.length === 0
    ? ''
    : createHash('sha1').update(elements.join('\n'), 'latin1').digest('hex');
