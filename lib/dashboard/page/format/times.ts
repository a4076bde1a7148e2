const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const CLOCK = new Intl.DateTimeFormat('en', {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
});

/** `0 ms`, `850 ms`, `4.2 s`, `17 s`, `3 min`, `5 h`, `12 d`: as much as one wants to read. */
export function durationText(ms: number): string {
  if (ms < SECOND_MS) {
    return `${Math.round(Math.max(0, ms))} ms`;
  }
  if (ms < 10 * SECOND_MS) {
    return `${(ms / SECOND_MS).toFixed(1).replace('.0', '')} s`;
  }
  if (ms < 2 * MINUTE_MS) {
    return `${Math.floor(ms / SECOND_MS)} s`;
  }
  if (ms < 2 * HOUR_MS) {
    return `${Math.floor(ms / MINUTE_MS)} min`;
  }
  return ms < 2 * DAY_MS ? `${Math.floor(ms / HOUR_MS)} h` : `${Math.floor(ms / DAY_MS)} d`;
}

/** Durations above this one are counted together, ms: a percentile among them is only known to be longer. */
const LONGEST_BOUND_MS = 30_000;

/** Two percentiles, each the upper bound of its bucket: `50 ms · 5 s`; `–` for no durations. */
export function percentilesText(p50: number | undefined, p95: number | undefined): string {
  return p50 === undefined || p95 === undefined ? '–' : `${boundText(p50)} · ${boundText(p95)}`;
}

const boundText = (bound: number): string =>
  bound === Infinity ? `> ${durationText(LONGEST_BOUND_MS)}` : durationText(bound);

/** A date and time of the user's zone. Anybody may have written the number. */
export const clockText = (at: number): string =>
  Math.abs(at) <= 8.64e15 ? CLOCK.format(at) : String(at);
