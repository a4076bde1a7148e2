/** Length from which a text is sent as bytes, UTF-16 units. */
const LONG_TEXT_UTF16_UNITS = 8 * 1024;

/**
 * Converts a long text to bytes. ioredis joins the texts of a command into one string, for which Node reserves three bytes per
 * character: beyond 128 KiB in total, that takes several times as long as bytes.
 */
export const argumentOf = (text: string): string | Buffer =>
  text.length < LONG_TEXT_UTF16_UNITS ? text : Buffer.from(text);
