import { Keys } from '../../lib/protocol/keys.js';
import { decodeLetter, type Letter } from '../../lib/protocol/wire/dead-letter.js';
import type { Look } from './memory-look.js';

/** Bounds that no test reaches. */
export const NO_BOUNDS = { maxDead: 1_000_000, maxDeadBytes: 1_000_000_000 };

/** @returns the dead letters of a queue, the oldest first. */
export async function lettersOf(look: Look, queue: string): Promise<Letter[]> {
  const { ids, letters } = new Keys().queue(queue).deadLetters;
  const texts = await Promise.all(
    (await look.zrange(ids, 0, '-1')).map((id) => look.hget(letters, id)),
  );
  return texts.map((text) => decodeLetter(text ?? ''));
}

/** @returns the number of the dead letters of a queue. */
export const countDead = (look: Pick<Look, 'zcard'>, queue: string): Promise<number> =>
  look.zcard(new Keys().queue(queue).deadLetters.ids);
