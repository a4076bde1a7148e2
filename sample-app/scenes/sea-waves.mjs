import { add, clamp, colour, gradient, mix, scale, smoothstep } from './colour.mjs';
import { dot, normalAt, trace, unit, viewDirection } from './height-map.mjs';
import { oceanSurface } from './ocean-surface.mjs';
import { fractalNoise, noise } from './random.mjs';
import { render } from './render.mjs';

const CAMERA = { at: [0, 5.2, 0], pitch: 0.1, zoom: 1.3 };
const SUN = unit([0.22, 0.1, 1]);
const DEEP = colour('#04283a');
const SHALLOW = colour('#1fa38c');
const FOAM = colour('#f2f4f2');
const SKY = [
  [0, colour('#ffd9b0')],
  [0.06, colour('#ffc79a')],
  [0.16, colour('#d9a7a0')],
  [0.34, colour('#7d92b8')],
  [0.7, colour('#35588f')],
];
const SUNLIGHT = colour('#ffe2b5');
const REACH = 900;

/** Waves in the wind, with the low sun behind them. */
export function seaWaves() {
  const swell = oceanSurface({
    cells: 512,
    size: 190,
    wind: 15,
    direction: 1.9,
    rise: 0.85,
    chop: 1.5,
    seed: 3,
  });
  const chop = oceanSurface({
    cells: 512,
    size: 37,
    wind: 5,
    direction: 1.5,
    rise: 0.075,
    chop: 1.2,
    seed: 4,
  });
  const height = (x, z) =>
    swell.surface.at(x, z) + chop.surface.at(x * 0.96 + z * 0.28, z * 0.96 - x * 0.28);
  const water = { swell, chop, height, highest: 4, reach: REACH };
  return render((px, py) => {
    const direction = viewDirection(px, py, CAMERA);
    const distance = trace(CAMERA.at, direction, water, 0.45);
    if (distance === Infinity) {
      return sky(direction);
    }
    const x = CAMERA.at[0] + direction[0] * distance;
    const z = CAMERA.at[2] + direction[2] * distance;
    const haze = 1 - Math.exp(-((distance / 420) ** 1.5));
    return mix(
      sea(water, x, z, distance, direction),
      sky([direction[0], 0.012, direction[2]]),
      haze,
    );
  });
}

function sky(direction) {
  const up = Math.max(0, direction[1]);
  const towardsSun = Math.max(0, dot(direction, SUN));
  let light = gradient(SKY, up);
  light = add(light, colour('#ff9a4d'), 0.3 * towardsSun ** 10);
  light = add(
    light,
    SUNLIGHT,
    0.5 * towardsSun ** 90 + 6 * smoothstep(0.99962, 0.99975, towardsSun),
  );
  const flat = 1 / (up + 0.13);
  const u = direction[0] * flat;
  const v = direction[2] * flat;
  const cloud = fractalNoise(u * 1.1 + 3, v * 0.8, 6, 30);
  const lower = fractalNoise(u * 1.1 + 3 + 0.05, v * 0.8 + 0.16, 6, 30);
  const cover = smoothstep(0.47, 0.72, cloud) * smoothstep(0, 0.1, up);
  const lit = smoothstep(-0.06, 0.12, cloud - lower);
  return mix(light, mix(colour('#7c7699'), colour('#ffd3ae'), lit), cover * 0.85);
}

function sea(water, x, z, distance, direction) {
  // Far away, one pixel covers many ripples.
  const normal = normalAt(water.height, x, z, 0.05 + distance * 0.0028);
  const facing = clamp(-dot(normal, direction));
  const mirror = 0.02 + 0.98 * (1 - facing) ** 5;
  const back = 2 * dot(normal, direction);
  const reflected = direction.map((part, axis) => part - back * normal[axis]);
  reflected[1] = Math.abs(reflected[1]);
  const above = sky(reflected);
  const rise = water.swell.surface.at(x, z);
  const through = clamp(smoothstep(-0.6, 2.4, rise) * (0.35 + 0.65 * clamp(1 - normal[1]) * 4));
  const glow =
    through * (0.35 + 0.65 * Math.max(0, direction[2] * SUN[2] + direction[0] * SUN[0]) ** 4);
  let light = mix(add(DEEP, SHALLOW, 0.75 * glow), above, mirror * 0.92);
  const half = unit([SUN[0] - direction[0], SUN[1] - direction[1], SUN[2] - direction[2]]);
  light = add(light, SUNLIGHT, 2.4 * Math.max(0, dot(normal, half)) ** 420);
  return mix(
    light,
    scale(FOAM, 0.62 + 0.3 * Math.max(0, dot(normal, SUN))),
    foam(water, x, z) * Math.exp(-distance / 220),
  );
}

/** Foam stands where the waves are pressed together, and is torn to shreds by the wind. */
function foam({ swell }, x, z) {
  const pressed = swell.foam.at(x, z);
  const shreds = fractalNoise(x * 1.3, z * 1.3, 5, 33) * 0.75 + 0.25 * noise(x * 9, z * 9, 34);
  return smoothstep(0.38, 0.75, pressed * 0.75 + (shreds - 0.5) * 0.7);
}
