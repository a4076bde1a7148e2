import { add, colour, gradient, mix, scale, smoothstep } from './colour.mjs';
import { cellNumber, fractalNoise } from './random.mjs';
import { HEIGHT, render } from './render.mjs';

const SKY = [
  [0, colour('#1d2350')],
  [0.22, colour('#4a3a78')],
  [0.4, colour('#a8507f')],
  [0.55, colour('#ee7e5b')],
  [0.68, colour('#ffc27a')],
  [0.8, colour('#ffe3ab')],
];
const SUN = { x: 0.98, y: 0.53, radius: 0.036, light: colour('#fff0c8') };
const CLOUD_SHADE = colour('#6b4374');
const CLOUD_LIGHT = colour('#ffb071');
const FAR_HAZE = colour('#ffa283');
const NEAR_HAZE = colour('#5d4a9c');
const DARK = colour('#0d0b1e');
const RIDGES = 7;

/** The sun sets behind ridge after ridge of hazy mountains. */
export function sunsetRidges() {
  return render((px, py) => {
    const x = px / HEIGHT;
    const y = py / HEIGHT;
    for (let ridge = RIDGES - 1; ridge >= 0; ridge--) {
      const top = ridgeTop(ridge, x);
      if (y > top) {
        return land(ridge, x, y);
      }
      if (ridge === RIDGES - 1 && y > treesTop(x)) {
        return DARK;
      }
    }
    return sky(x, y);
  });
}

function sky(x, y) {
  const distance = Math.hypot(x - SUN.x, y - SUN.y);
  let light = gradient(SKY, y / 0.8);
  light = add(light, colour('#ff9a4a'), 0.55 * Math.exp(-distance * 4.2));
  light = add(light, colour('#ffd58a'), 0.7 * Math.exp(-distance * 15));
  const bend = fractalNoise(x * 1.1, y * 3, 3, 40) * 0.5;
  const thickness = fractalNoise(x * 1.5 + bend, (y + bend * 0.12) * 9.5, 6, 11);
  const cover = smoothstep(0.5, 0.78, thickness) * smoothstep(0.6, 0.2, y) * 0.85;
  const below = fractalNoise(x * 1.5 + bend, (y + bend * 0.12 + 0.012) * 9.5, 6, 11);
  const lit = smoothstep(-0.03, 0.1, thickness - below) * (0.35 + 1.1 * Math.exp(-distance * 1.7));
  light = mix(light, mix(CLOUD_SHADE, CLOUD_LIGHT, Math.min(1.25, lit)), cover);
  const disc = smoothstep(SUN.radius, SUN.radius - 0.003, distance);
  return mix(light, scale(SUN.light, 1.5), disc);
}

/** Where a ridge begins, the farthest being number 0. */
function ridgeTop(ridge, x, octaves = 7) {
  const near = ridge / (RIDGES - 1);
  const base = 0.585 + 0.33 * near ** 1.25;
  const height = 0.1 + 0.075 * near;
  const wide = fractalNoise(
    x * (1.7 + 0.5 * ridge) + ridge * 31.7,
    ridge * 7.1,
    octaves,
    100 + ridge * 10,
  );
  const sharp = 1 - Math.abs(2 * wide - 1);
  const blend = 0.55 * wide + 0.45 * sharp ** 1.6;
  return base - height * (blend - 0.35) * 1.55;
}

/** The nearest ridge carries firs. */
function treesTop(x) {
  let top = HEIGHT;
  const slot = 0.0062;
  const first = Math.floor(x / slot);
  for (let i = first - 4; i <= first + 4; i++) {
    const wood = fractalNoise(i * 0.045, 3.3, 3, 300);
    if (cellNumber(i, 0, 301) > smoothstep(0.2, 0.5, wood) * 0.9 + 0.1) {
      continue;
    }
    const middle = (i + cellNumber(i, 1, 302)) * slot;
    const height = (0.02 + 0.05 * cellNumber(i, 2, 303) ** 1.5) * (0.55 + 0.8 * wood);
    const foot = ridgeTop(RIDGES - 1, middle) + 0.006;
    const aside = Math.abs(x - middle) / (height * 0.24);
    if (aside < 1) {
      // Each tier of branches is wide at its lower end.
      const tier = (aside * 6) % 1;
      const drop =
        aside + (tier - 0.5) * 0.13 + (cellNumber(Math.floor(x * 3000), i, 304) - 0.5) * 0.05;
      top = Math.min(top, foot - height * (1 - Math.max(0, drop)));
    }
  }
  return top;
}

function land(ridge, x, y) {
  const top = ridgeTop(ridge, x);
  const slope = ridgeTop(ridge, x, 3);
  const near = ridge / (RIDGES - 1);
  const sunward = Math.exp(-Math.abs(x - SUN.x) * 1.5);
  const haze = mix(mix(NEAR_HAZE, FAR_HAZE, sunward * 0.85 + 0.15), NEAR_HAZE, near * 0.9);
  const air = (1 - near) ** 1.15 * 0.8 + 0.02;
  const texture = fractalNoise(x * 26, y * 40 + ridge * 9, 4, 500 + ridge) - 0.5;
  const rock = scale(DARK, 1 + 0.9 * texture);
  const mist = smoothstep(0, 0.16, y - slope) * (0.5 * (1 - near) + 0.1 * (near < 1 ? 1 : 0));
  const wisps = fractalNoise(x * 3 + ridge, y * 14, 4, 600 + ridge);
  const amount = Math.min(0.97, air + mist * (0.55 + 0.9 * wisps));
  const rim = Math.exp(-(y - top) * 260) * sunward ** 2 * 0.28 * (1 - near);
  return add(mix(rock, haze, amount), colour('#ffb070'), rim);
}
