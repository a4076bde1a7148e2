import type { TextView } from '../dashboard-api.js';

/** The most of each text in a list, characters. */
export const MAX_LISTED_CHARACTERS = 2_000;

/** The most of each text of one job or one letter, characters. */
export const MAX_SHOWN_CHARACTERS = 1_000_000;

/** @returns the beginning of a text, which does not end within a character. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) {
    return text;
  }
  const isWithin = /[\uD800-\uDBFF]/.test(text.charAt(most - 1));
  return text.slice(0, isWithin ? most - 1 : most);
}

/** @returns a text as the page shows it. */
export const textView = (text: string, most: number): TextView => ({
  text: cutText(text, most),
  bytes: Buffer.byteLength(text),
  isCut: text.length > most,
});
