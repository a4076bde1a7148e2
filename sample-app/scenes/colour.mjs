/** Colours are arrays of linear red, green and blue light; 1 is white. */

/** A colour as the web writes it: `#f80`-like notation in six digits. */
export function colour(hex) {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255].map((part) => (part / 255) ** 2.2);
}

export const clamp = (x, low = 0, high = 1) => Math.min(high, Math.max(low, x));

export function smoothstep(from, to, x) {
  const t = clamp((x - from) / (to - from));
  return t * t * (3 - 2 * t);
}

export const mix = (a, b, t) => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];

export const scale = (a, factor) => [a[0] * factor, a[1] * factor, a[2] * factor];

export const add = (a, b, factor = 1) => [
  a[0] + b[0] * factor,
  a[1] + b[1] * factor,
  a[2] + b[2] * factor,
];

/** The colour at `t` of a gradient, given as `[position, colour]` in ascending order. */
export function gradient(stops, t) {
  const next = stops.findIndex(([position]) => position > t);
  if (next === 0) {
    return stops[0][1];
  }
  if (next === -1) {
    return stops[stops.length - 1][1];
  }
  const [from, a] = stops[next - 1];
  const [to, b] = stops[next];
  return mix(a, b, (t - from) / (to - from));
}
