import { add, clamp, colour, gradient, mix, scale, smoothstep } from './colour.mjs';
import { HeightMap, dot, normalAt, trace, unit, viewDirection } from './height-map.mjs';
import { fractalNoise, noise } from './random.mjs';
import { HEIGHT, render } from './render.mjs';

const CAMERA = { at: [20, 6.6, 2], pitch: 0.2, zoom: 1.2 };
const SUN = unit([-0.86, 0.26, 0.4]);
const SAND = colour('#e8a35c');
const SUNLIGHT = colour('#ffd9a0');
const SKYLIGHT = colour('#7a8fe0');
const SKY = [
  [-0.05, colour('#f6cfa0')],
  [0.03, colour('#f3d3b0')],
  [0.12, colour('#b4cbe0')],
  [0.4, colour('#3f80c4')],
];
const REACH = 70;
const HIGHEST = 4.6;
const TOP = 0.7;

/** Low sun over a sea of dunes, with the ripples of the wind. */
export function sandDunes() {
  const map = new HeightMap(2048, 80, (column, row) =>
    duneHeight((column / 2048) * 80, (row / 2048) * 80),
  );
  const height = (x, z) => map.at(x, z);
  const ground = { height, highest: HIGHEST, reach: REACH };
  return render((px, py) => {
    const direction = viewDirection(px, py, CAMERA);
    const distance = trace(CAMERA.at, direction, ground, 0.4);
    const air = sky(direction, py / HEIGHT, px / HEIGHT);
    if (distance === Infinity) {
      return air;
    }
    const x = CAMERA.at[0] + direction[0] * distance;
    const z = CAMERA.at[2] + direction[2] * distance;
    const haze = 1 - Math.exp(-((distance / 62) ** 1.7));
    return mix(sand(ground, x, z, distance), air, haze);
  });
}

/** Gentle on the side of the wind, steep on the other, with winding crests. */
function duneHeight(x, z) {
  const bend = fractalNoise(x * 0.07, z * 0.07, 2, 5) * 9;
  const along = x * 0.9 + z * 0.42 + bend;
  const large = crest(along / 9.5) * (0.5 + 1.1 * fractalNoise(x * 0.07 + 40, z * 0.07, 2, 6));
  const small =
    crest((x * 0.75 - z * 0.6 + bend * 0.8) / 4.1 + 0.3) *
    fractalNoise(x * 0.12, z * 0.12 + 9, 2, 7);
  return 2.3 * large + 0.5 * small + 1.5 * fractalNoise(x * 0.06, z * 0.06, 3, 8);
}

/** One dune from 0 to 1 and back per unit: up to `TOP` of it, then down. */
function crest(t) {
  const phase = t - Math.floor(t);
  if (phase < TOP) {
    return smoothstep(0, 1, (phase / TOP) * 0.82) / smoothstep(0, 1, 0.82);
  }
  const down = (phase - TOP) / (1 - TOP);
  return (1 - smoothstep(0, 1, 0.1 + 0.9 * down)) / (1 - smoothstep(0, 1, 0.1));
}

function sand(ground, x, z, distance) {
  const step = 0.03 + distance * 0.002;
  const normal = normalAt(ground.height, x, z, step);
  const y = ground.height(x, z);
  const shadow = trace([x, y + 0.02, z], SUN, { ...ground, reach: 14 }, 0.35) === Infinity ? 1 : 0;
  const ripples = rippleSlope(x, z) * Math.exp(-distance * 0.1) * smoothstep(0.7, 0.95, normal[1]);
  const bumpy = unit([normal[0] + ripples * 0.9, normal[1], normal[2] + ripples * 0.35]);
  const sun = Math.max(0, dot(bumpy, SUN)) * shadow;
  const grains = 0.94 + 0.12 * noise(x * 90, z * 90, 9);
  const patches = 0.88 + 0.24 * fractalNoise(x * 0.6, z * 0.6, 4, 10);
  const bounce = 0.16 * clamp(0.5 - 0.5 * dot(normal, SUN));
  let light = scale(SKYLIGHT, 0.24 * (0.55 + 0.45 * bumpy[1]));
  light = add(light, SUNLIGHT, 1.75 * sun + bounce);
  return [0, 1, 2].map((part) => light[part] * SAND[part] * grains * patches);
}

/** The slope of the ripples across the wind. */
function rippleSlope(x, z) {
  const bend = fractalNoise(x * 0.5, z * 0.5, 2, 12) * 0.9 + noise(x * 2.2, z * 2.2, 13) * 0.16;
  const phase = (x * 0.9 + z * 0.35 + bend) * 26;
  return (
    0.32 *
    (Math.sin(phase) + 0.35 * Math.sin(2 * phase + 0.6)) *
    (0.5 + noise(x * 0.8, z * 0.8, 14))
  );
}

function sky(direction, y, x) {
  const towardsSun = Math.max(
    0,
    dot(unit([direction[0], 0.1, direction[2]]), unit([SUN[0], 0.1, SUN[2]])),
  );
  let light = gradient(SKY, direction[1]);
  light = add(
    light,
    colour('#ffb870'),
    0.35 * towardsSun ** 6 * Math.exp(-Math.max(0, direction[1]) * 6),
  );
  const veil = fractalNoise(x * 1.6 + y * 3, y * 9 - x * 0.6, 6, 15);
  return mix(
    light,
    [1, 0.97, 0.93],
    smoothstep(0.48, 0.85, veil) * 0.5 * smoothstep(0.02, 0.15, direction[1]),
  );
}
