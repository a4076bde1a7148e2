/** From this length on a text is long, UTF-16 units. */
const LONG_TEXT_UTF16_UNITS = 8 * 1024;

/**
 * What a text is sent as. The texts of a command are written into one string, and Node reserves three bytes for each
 * of its characters: past 128 KiB together that takes several times as long as bytes do.
 */
export const argumentOf = (text: string): string | Buffer =>
  text.length < LONG_TEXT_UTF16_UNITS ? text : Buffer.from(text);
