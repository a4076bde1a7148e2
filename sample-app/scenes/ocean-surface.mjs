import { HeightMap } from './height-map.mjs';
import { randomNumbers } from './random.mjs';

const GRAVITY = 9.81;

/**
 * The surface of a wind-blown sea: waves of all lengths with random phases, their crests drawn together.
 *
 * @param options.cells - heights per side, a power of two.
 * @param options.size - length of a side, m.
 * @param options.wind - speed, m/s; it blows along `direction` (rad).
 * @param options.rise - height of the waves, as their standard deviation, m.
 * @param options.chop - how much the crests are drawn together.
 * @returns `surface` and `foam`, both HeightMaps; `foam` is the higher the more the surface is pressed together.
 */
export function oceanSurface({ cells, size, wind, direction, rise, chop, seed }) {
  const spectrum = waves({ cells, size, wind, direction, seed });
  const height = inverseFourier(spectrum, cells);
  const shiftX = inverseFourier(drawn(spectrum, cells, 'x'), cells);
  const shiftZ = inverseFourier(drawn(spectrum, cells, 'z'), cells);
  const deviation = Math.sqrt(
    height.reduce((sum, value) => sum + value * value, 0) / height.length,
  );
  const factor = rise / deviation;
  const map = (values, by) =>
    new HeightMap(cells, size, (column, row) => values[row * cells + column] * by);
  const heights = map(height, factor);
  const shifts = { x: map(shiftX, factor * chop), z: map(shiftZ, factor * chop) };
  const unit = size / cells;
  // What is seen at a place has come from another; a few steps towards it are enough.
  const origin = (column, row) => {
    let x = column * unit;
    let z = row * unit;
    for (let step = 0; step < 12; step++) {
      const missX = column * unit - (x + shifts.x.at(x, z));
      const missZ = row * unit - (z + shifts.z.at(x, z));
      x += missX * 0.6;
      z += missZ * 0.6;
    }
    return [x, z];
  };
  const pressed = (x, z) => {
    const xx = 1 + (shifts.x.at(x + unit, z) - shifts.x.at(x - unit, z)) / (2 * unit);
    const zz = 1 + (shifts.z.at(x, z + unit) - shifts.z.at(x, z - unit)) / (2 * unit);
    const xz = (shifts.x.at(x, z + unit) - shifts.x.at(x, z - unit)) / (2 * unit);
    return 1 - (xx * zz - xz * xz);
  };
  return {
    surface: new HeightMap(cells, size, (column, row) => heights.at(...origin(column, row))),
    foam: new HeightMap(cells, size, (column, row) => pressed(...origin(column, row))),
  };
}

/** The spectrum after Phillips, with random phases. */
function waves({ cells, size, wind, direction, seed }) {
  const random = randomNumbers(seed);
  const re = new Float64Array(cells * cells);
  const im = new Float64Array(cells * cells);
  const longest = wind ** 2 / GRAVITY;
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const [kx, kz] = waveVector(column, row, cells, size);
      const k = Math.hypot(kx, kz);
      const radius = Math.sqrt(-2 * Math.log(1 - random()));
      const phase = 2 * Math.PI * random();
      if (k === 0) {
        continue;
      }
      const along = (kx * Math.cos(direction) + kz * Math.sin(direction)) / k;
      const against = along < 0 ? 0.25 : 1;
      const power = (Math.exp(-1 / (k * longest) ** 2) / k ** 4) * along ** 2 * against;
      const damped = power * Math.exp(-0.03 * ((k * 3 * size) / cells) ** 2);
      re[row * cells + column] = Math.sqrt(damped) * radius * Math.cos(phase);
      im[row * cells + column] = Math.sqrt(damped) * radius * Math.sin(phase);
    }
  }
  return { re, im, size };
}

function waveVector(column, row, cells, size) {
  const kx = ((column < cells / 2 ? column : column - cells) * 2 * Math.PI) / size;
  const kz = ((row < cells / 2 ? row : row - cells) * 2 * Math.PI) / size;
  return [kx, kz];
}

/** The spectrum of how far each place is moved sideways: that of the heights, a quarter of a wave on. */
function drawn({ re, im, size }, cells, axis) {
  const shifted = { re: new Float64Array(re.length), im: new Float64Array(im.length), size };
  for (let i = 0; i < re.length; i++) {
    const [kx, kz] = waveVector(i % cells, Math.floor(i / cells), cells, size);
    const part = (axis === 'x' ? kx : kz) / (Math.hypot(kx, kz) || 1);
    shifted.re[i] = -im[i] * part * -1;
    shifted.im[i] = re[i] * part * -1;
  }
  return shifted;
}

/** The real part of the inverse Fourier transform in two dimensions. */
function inverseFourier(spectrum, cells) {
  const re = Float64Array.from(spectrum.re);
  const im = Float64Array.from(spectrum.im);
  for (let line = 0; line < cells; line++) {
    transform(re, im, line * cells, 1, cells);
  }
  for (let line = 0; line < cells; line++) {
    transform(re, im, line, cells, cells);
  }
  return re;
}

/** Fourier's transform of one line in place, by halving it again and again. */
function transform(re, im, start, stride, count) {
  const at = (i) => start + i * stride;
  for (let i = 1, j = 0; i < count; i++) {
    let bit = count >> 1;
    for (; j & bit; bit >>= 1) {
      j ^= bit;
    }
    j ^= bit;
    if (i < j) {
      [re[at(i)], re[at(j)]] = [re[at(j)], re[at(i)]];
      [im[at(i)], im[at(j)]] = [im[at(j)], im[at(i)]];
    }
  }
  for (let length = 2; length <= count; length *= 2) {
    const half = length / 2;
    for (let k = 0; k < half; k++) {
      const wr = Math.cos((2 * Math.PI * k) / length);
      const wi = Math.sin((2 * Math.PI * k) / length);
      for (let i = k; i < count; i += length) {
        const a = at(i);
        const b = at(i + half);
        const tr = re[b] * wr - im[b] * wi;
        const ti = re[b] * wi + im[b] * wr;
        re[b] = re[a] - tr;
        im[b] = im[a] - ti;
        re[a] += tr;
        im[a] += ti;
      }
    }
  }
}
