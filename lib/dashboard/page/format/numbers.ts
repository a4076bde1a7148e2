const COUNT = new Intl.NumberFormat('en');
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const RATE = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });

const UNITS_OF_BYTES = ['bytes', 'kB', 'MB', 'GB'];

/** `12,345` */
export const countText = (count: number): string => COUNT.format(count);

/** `12.3K` from 10 000 on. */
export const shortCount = (count: number): string =>
  count < 10_000 ? COUNT.format(count) : COMPACT.format(count);

/** Things a second: `0.4`, `17`, `2.3K`. */
export const rateText = (perSecond: number): string =>
  perSecond >= 1_000 ? COMPACT.format(perSecond) : RATE.format(perSecond);

/** `one letter`, `2 letters`. */
export const amount = (count: number, one: string, many = `${one}s`): string =>
  count === 1 ? `1 ${one}` : `${COUNT.format(count)} ${many}`;

/** `812 bytes`, `1.4 MB`. */
export function bytesText(bytes: number): string {
  const power = Math.min(UNITS_OF_BYTES.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const number = power === 0 ? countText(bytes) : RATE.format(bytes / 1_000 ** power);
  return `${number} ${UNITS_OF_BYTES[power] ?? ''}`;
}
