import { add, clamp, colour, gradient, mix, scale, smoothstep } from './colour.mjs';
import { fractalNoise, noise, randomNumbers } from './random.mjs';
import { HEIGHT, WIDTH, render } from './render.mjs';

const ASPECT = WIDTH / HEIGHT;
const SUN = { x: 1.03, y: 0.36, radius: 0.1 };
const SKY = [
  [0, colour('#ffd23f')],
  [0.22, colour('#ff9f1c')],
  [0.42, colour('#f0543c')],
  [0.62, colour('#b5179e')],
  [0.85, colour('#4b2bb5')],
  [1.15, colour('#1b2a7a')],
];
const HILLS = [
  { base: 0.58, height: 0.16, seed: 31, tint: ['#3f6fb5', '#2f4f9c'] },
  { base: 0.7, height: 0.15, seed: 32, tint: ['#2a9d8f', '#1a7a6e'] },
  { base: 0.84, height: 0.12, seed: 33, tint: ['#6fae3d', '#38812f'] },
].map((hill) => ({ ...hill, tint: hill.tint.map(colour) }));
const WATER = [colour('#7fdcff'), colour('#2f8fe0')];
const SUNLIGHT = [colour('#fff3b0'), colour('#ffe066')];
const LEAD = 0.0042;

/** A landscape as a window of coloured glass: each piece has the colour of the place where its middle lies. */
export function stainedGlass() {
  const pieces = cut();
  return render((px, py) => shade(pieces, px / HEIGHT, py / HEIGHT), { grain: 0, vignette: 0.35 });
}

/** Scatters the middles of the pieces and moves them apart until the pieces are of similar size. */
function cut() {
  const random = randomNumbers(7);
  let middles = Array.from({ length: 620 }, () => ({ x: random() * ASPECT, y: random() }));
  for (let round = 0; round < 14; round++) {
    const sums = middles.map(() => ({ x: 0, y: 0, count: 0 }));
    const grid = gridOf(middles);
    for (let y = 0.004; y < 1; y += 0.008) {
      for (let x = 0.004; x < ASPECT; x += 0.008) {
        const sum = sums[nearest(grid, x, y)[0].index];
        sum.x += x;
        sum.y += y;
        sum.count++;
      }
    }
    middles = sums.map((sum, index) =>
      sum.count > 0 ? { x: sum.x / sum.count, y: sum.y / sum.count } : middles[index],
    );
  }
  return gridOf(
    middles.map((middle) => ({
      ...middle,
      tint: scale(place(middle.x, middle.y, random()), 0.75 + 0.45 * random()),
      grainX: random() * 100,
      grainY: random() * 100,
    })),
  );
}

const CELL = 0.06;
const COLUMNS = Math.ceil(ASPECT / CELL);

function gridOf(points) {
  const grid = new Map();
  points.forEach((point, index) => {
    const key = Math.floor(point.y / CELL) * COLUMNS + Math.floor(point.x / CELL);
    grid.set(key, [...(grid.get(key) ?? []), { ...point, index }]);
  });
  return grid;
}

/** The points nearest to a place, the nearest first. */
function nearest(grid, x, y) {
  const found = [];
  const column = Math.floor(x / CELL);
  const row = Math.floor(y / CELL);
  for (let j = row - 2; j <= row + 2; j++) {
    for (let i = Math.max(0, column - 2); i <= Math.min(COLUMNS - 1, column + 2); i++) {
      found.push(...(grid.get(j * COLUMNS + i) ?? []));
    }
  }
  const distance = (point) => (point.x - x) ** 2 + (point.y - y) ** 2;
  return found.toSorted((a, b) => distance(a) - distance(b));
}

/** The colour of the landscape at a place. */
function place(x, y, chance) {
  const fromSun = Math.hypot(x - SUN.x, y - SUN.y);
  if (fromSun < SUN.radius) {
    return mix(...SUNLIGHT, chance);
  }
  for (const { base, height, seed, tint } of HILLS.toReversed()) {
    if (y > base - height * (fractalNoise(x * 2.1, seed, 3, seed) - 0.35)) {
      const river = 0.92 + 0.22 * Math.sin(y * 11) * (y - 0.5);
      return Math.abs(x - river) < 0.02 + (y - 0.6) * 0.3 && y > 0.68
        ? mix(...WATER, chance)
        : mix(...tint, chance);
    }
  }
  const ray = Math.sin(Math.atan2(y - SUN.y, x - SUN.x) * 9) > 0 ? 0.05 : -0.04;
  return gradient(SKY, fromSun - SUN.radius + ray + 0.07 * (chance - 0.5));
}

function shade(pieces, x, y) {
  const [first, ...others] = nearest(pieces, x, y);
  let edge = Infinity;
  for (const other of others.slice(0, 6)) {
    const dx = other.x - first.x;
    const dy = other.y - first.y;
    const along = (x - (first.x + other.x) / 2) * dx + (y - (first.y + other.y) / 2) * dy;
    edge = Math.min(edge, -along / Math.hypot(dx, dy));
  }
  const toSun = Math.abs(Math.hypot(x - SUN.x, y - SUN.y) - SUN.radius);
  if (edge < LEAD) {
    const round = Math.sqrt(1 - (edge / LEAD) ** 2);
    return add(colour('#0b0b10'), colour('#8a8fa0'), 0.16 * round ** 3);
  }
  const waves = fractalNoise(x * 16 + first.grainX, y * 16 + first.grainY, 3, 50) - 0.5;
  const bubble = smoothstep(0.8, 0.9, noise(x * 55 + first.grainX, y * 55, 51));
  const inner = smoothstep(LEAD, LEAD + 0.016, edge);
  const sheen = clamp(0.5 + (first.x - x + first.y - y) * 5);
  let light = scale(first.tint, (0.62 + 0.38 * inner) * (1 + 0.55 * waves) * (0.75 + 0.5 * sheen));
  light = add(light, [1, 1, 1], 0.05 * bubble * inner);
  return add(light, SUNLIGHT[1], 0.25 * Math.exp(-toSun * 9));
}
