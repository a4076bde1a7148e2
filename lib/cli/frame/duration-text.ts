/** Units of time, ms, from the longest. */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** @returns a duration for people, such as `350 ms`, `4 s` or `3 h`. */
export function durationText(ms: number): string {
  const unit = UNITS.find(([, length]) => ms >= length);
  return unit === undefined ? `${Math.round(ms)} ms` : `${Math.floor(ms / unit[1])} ${unit[0]}`;
}

/** @returns how long ago it was, by the clock of this machine. */
export const sinceText = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : durationText(Math.max(0, Date.now() - at));
