import { add, colour, gradient, mix, scale, smoothstep } from './colour.mjs';
import { cellNumber, fractalNoise, noise } from './random.mjs';
import { HEIGHT, render } from './render.mjs';

const SHORE = 0.7;
const SKY = [
  [0, colour('#050a1c')],
  [0.45, colour('#0a1836')],
  [0.85, colour('#163a55')],
  [1, colour('#2b5f6b')],
];
const CURTAIN = [
  [0, colour('#7dffb4')],
  [0.1, colour('#45f796')],
  [0.4, colour('#1fd08f')],
  [0.65, colour('#4a6fd8')],
  [1, colour('#a03cc8')],
];
const CURTAINS = [
  { foot: 0.5, tilt: -0.09, wave: 0.2, height: 0.36, strength: 1, seed: 700 },
  { foot: 0.4, tilt: 0.1, wave: 0.17, height: 0.3, strength: 0.5, seed: 720 },
  { foot: 0.58, tilt: 0.04, wave: 0.09, height: 0.2, strength: 0.45, seed: 740 },
];
const STARLIGHT = [colour('#cfe0ff'), colour('#ffffff'), colour('#ffe6c4')];
const SNOW = colour('#4a8290');
const ROCK = colour('#070d18');
const FOREST = colour('#02050a');

/** An aurora and the stars over a still mountain lake. */
export function auroraLake() {
  return render(
    (px, py) => {
      const x = px / HEIGHT;
      const y = py / HEIGHT;
      return y < SHORE ? add(above(x, y), stars(x, y), isSky(x, y) ? 1 : 0) : lake(x, y);
    },
    { grain: 0.018 },
  );
}

function above(x, y) {
  const forest = forestTop(x);
  if (y > forest) {
    return FOREST;
  }
  const top = mountainTop(x, 7);
  if (y > top) {
    return mountain(x, y, top);
  }
  return add(gradient(SKY, y / SHORE), aurora(x, y));
}

const isSky = (x, y) => y <= forestTop(x) && y <= mountainTop(x, 7);

/** The lake mirrors what is above it, drawn out by its ripples the more the nearer they are. */
function lake(x, y) {
  const depth = y - SHORE;
  const ripple = (fractalNoise(x * 9, (y * 150) / (1 + depth * 6), 3, 800) - 0.5) * depth;
  const drift = (noise(x * 3, y * 60, 810) - 0.5) * depth * 0.12;
  let light = [0, 0, 0];
  for (const blur of [-0.5, 0, 0.5]) {
    const mirrored = SHORE - depth * 1.02 + ripple * 0.42 + blur * depth * 0.14;
    light = add(light, above(x + drift, Math.min(SHORE - 0.001, Math.max(0, mirrored))), 1 / 3);
  }
  const shoreline = Math.exp(-depth * 300) * 0.5;
  const mist = Math.exp(-depth * 40) * 0.05;
  light = add(scale(mix(light, colour('#061626'), 0.25), 0.85), colour('#4fb7a0'), mist);
  return mix(light, FOREST, shoreline);
}

function stars(x, y) {
  let light = milkyWay(x, y);
  for (const [cells, amount, size, seed] of [
    [150, 0.09, 0.0006, 20],
    [60, 0.06, 0.0009, 21],
    [16, 0.1, 0.0013, 22],
  ]) {
    const cx = Math.floor(x * cells);
    const cy = Math.floor(y * cells);
    if (cellNumber(cx, cy, seed) < amount) {
      const sx = (cx + 0.2 + 0.6 * cellNumber(cx, cy, seed + 10)) / cells;
      const sy = (cy + 0.2 + 0.6 * cellNumber(cx, cy, seed + 20)) / cells;
      const distance = Math.hypot(x - sx, y - sy) / size;
      const bright = 0.25 + 1.4 * cellNumber(cx, cy, seed + 30) ** 3;
      const tint = STARLIGHT[Math.floor(cellNumber(cx, cy, seed + 40) * STARLIGHT.length)];
      light = add(
        light,
        tint,
        bright * (Math.exp(-distance * distance) + 0.05 * Math.exp(-distance)),
      );
    }
  }
  return scale(light, smoothstep(SHORE + 0.05, 0.25, y));
}

function milkyWay(x, y) {
  const across = x * 0.72 + y * 0.69 - 1.12;
  const along = x * 0.69 - y * 0.72;
  const cloud = fractalNoise(along * 4, across * 7, 5, 60);
  const dust = smoothstep(0.45, 0.7, fractalNoise(along * 5, across * 11, 5, 70));
  const band = Math.exp(-((across / 0.13) ** 2)) * (0.25 + cloud) * (1 - 0.7 * dust);
  return scale(colour('#8a93c8'), 0.13 * band);
}

function aurora(x, y) {
  let light = [0, 0, 0];
  for (const { foot, tilt, wave, height, strength, seed } of CURTAINS) {
    const fold = fractalNoise(x * 1.3 + seed, 0.5, 3, seed) - 0.5;
    const crease = noise(x * 9 + fold * 6, 0.5, seed + 5) - 0.5;
    const base = foot + tilt * (x - 0.75) + wave * 2 * fold + 0.02 * crease;
    const up = (base - y) / height;
    const rays = 0.35 + 0.65 * fractalNoise(x * 34 + fold * 26, y * 0.9, 3, seed + 7);
    const patches = smoothstep(0.1, 0.8, fractalNoise(x * 1.4, 0.4, 2, seed + 9));
    // Sharp at its lower edge, slowly fading above it.
    const edge = smoothstep(-0.035, 0.03, up);
    const fading = Math.exp(-Math.max(0, up) * 2.3);
    const bright = edge * fading * rays ** 1.5 * patches * strength;
    light = add(light, gradient(CURTAIN, up), bright * 0.95);
    light = add(light, colour('#1f9f77'), 0.1 * strength * patches * Math.exp(-Math.abs(up) * 1.6));
  }
  return light;
}

function mountainTop(x, octaves) {
  const wide = fractalNoise(x * 2.2 + 3.1, 0.3, octaves, 900);
  const peaks = 1 - Math.abs(2 * fractalNoise(x * 3.1 + 9.4, 0.7, octaves, 920) - 1);
  return (
    SHORE -
    0.03 -
    0.2 * (0.45 * wide + 0.55 * peaks ** 2) * (0.55 + 0.45 * Math.cos((x - 0.35) * 2.4))
  );
}

/** Snow lies where the rock is not too steep; the aurora lights it from the left. */
function mountain(x, y, top) {
  const below = y - top;
  const relief = (dx) => {
    const bend = fractalNoise(x * 7, y * 7, 3, 930) * 0.5;
    const crest = fractalNoise((x + dx) * 15 + y * 9 + bend, y * 10 - x * 3 + bend, 7, 940);
    return 1 - Math.abs(2 * crest - 1);
  };
  const height = relief(0);
  const slope = (height - relief(0.006)) * 5;
  const snow = smoothstep(0.45, 0.62, 0.64 + 0.3 * height - below * 2.8 - Math.abs(slope) * 0.2);
  const lit = smoothstep(-1, 1.1, slope);
  const light = mix(scale(ROCK, 0.5 + 1.6 * lit), scale(SNOW, 0.1 + 1.1 * lit ** 1.5), snow);
  return mix(light, colour('#143240'), smoothstep(SHORE - 0.13, SHORE, y) * 0.55);
}

function forestTop(x) {
  const ground = SHORE - 0.006 - 0.03 * fractalNoise(x * 3, 1.7, 3, 950) ** 2;
  let top = ground;
  const slot = 0.0042;
  const first = Math.floor(x / slot);
  for (let i = first - 3; i <= first + 3; i++) {
    const wood = fractalNoise(i * 0.02, 2.2, 3, 960);
    const middle = (i + cellNumber(i, 1, 961)) * slot;
    const height = (0.012 + 0.03 * cellNumber(i, 2, 962)) * smoothstep(0.2, 0.75, wood) * 1.4;
    const aside = Math.abs(x - middle) / (height * 0.2 + 0.0005);
    if (aside < 1) {
      const tier = ((aside * 4) % 1) - 0.5;
      top = Math.min(top, ground - height * (1 - Math.max(0, aside + tier * 0.14)));
    }
  }
  return top;
}
