/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A number in [0, 1) for a cell of the plane, always the same one. */
export function cellNumber(x, y, seed = 0) {
  let h =
    Math.imul(x | 0, 374761393) ^ Math.imul(y | 0, 668265263) ^ Math.imul(seed | 0, 2246822519);
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  h = Math.imul(h ^ (h >>> 16), 2246822519);
  return ((h ^ (h >>> 15)) >>> 0) / 4294967296;
}

/** Smooth noise in [0, 1]. */
export function noise(x, y, seed = 0) {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const u = fade(x - x0);
  const v = fade(y - y0);
  const top = cellNumber(x0, y0, seed) * (1 - u) + cellNumber(x0 + 1, y0, seed) * u;
  const bottom = cellNumber(x0, y0 + 1, seed) * (1 - u) + cellNumber(x0 + 1, y0 + 1, seed) * u;
  return top * (1 - v) + bottom * v;
}

/** Noise in [0, 1] with finer and finer detail on top. */
export function fractalNoise(x, y, octaves, seed = 0) {
  let sum = 0;
  let weight = 0.5;
  let total = 0;
  for (let octave = 0; octave < octaves; octave++) {
    sum += weight * noise(x, y, seed + octave);
    total += weight;
    weight *= 0.5;
    // Turned a little each time, so that the grids of the octaves do not show.
    [x, y] = [1.62 * x + 1.2 * y + 17.3, -1.2 * x + 1.62 * y + 5.1];
  }
  return sum / total;
}

const fade = (t) => t * t * t * (t * (t * 6 - 15) + 10);
