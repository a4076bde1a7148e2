import { WIDTH, HEIGHT } from './render.mjs';

/** Heights on a square that repeats in both directions; lengths are in the units of the scene. */
export class HeightMap {
  /**
   * @param cells - how many heights a side has.
   * @param size - how long a side is.
   * @param height - gives the height of a cell, by its column and row.
   */
  constructor(cells, size, height) {
    this.cells = cells;
    this.size = size;
    this.values = new Float32Array(cells * cells);
    for (let row = 0; row < cells; row++) {
      for (let column = 0; column < cells; column++) {
        this.values[row * cells + column] = height(column, row);
      }
    }
  }

  at(x, z) {
    const { cells, values } = this;
    const u = (x / this.size) * cells;
    const v = (z / this.size) * cells;
    const column = Math.floor(u);
    const row = Math.floor(v);
    const s = u - column;
    const t = v - row;
    const left = modulo(column, cells);
    const right = modulo(column + 1, cells);
    const near = modulo(row, cells) * cells;
    const far = modulo(row + 1, cells) * cells;
    return (
      (values[near + left] * (1 - s) + values[near + right] * s) * (1 - t) +
      (values[far + left] * (1 - s) + values[far + right] * s) * t
    );
  }
}

const modulo = (a, b) => ((a % b) + b) % b;

/** The direction in which a camera sees a pixel; `pitch` is how far it looks down, `zoom` the length of its lens. */
export function viewDirection(px, py, { pitch, zoom }) {
  const right = (px - WIDTH / 2) / HEIGHT;
  const up = (HEIGHT / 2 - py) / HEIGHT;
  const y = up * Math.cos(pitch) - zoom * Math.sin(pitch);
  const z = up * Math.sin(pitch) + zoom * Math.cos(pitch);
  const length = Math.hypot(right, y, z);
  return [right / length, y / length, z / length];
}

/**
 * Where a ray meets the ground.
 *
 * @param ground.height - the height at a place.
 * @param ground.highest - no height is above.
 * @param ground.reach - how far is looked.
 * @param stride - how much of the gap to the ground one step may take.
 * @returns the distance, or `Infinity` when there is nothing.
 */
export function trace([ox, oy, oz], [dx, dy, dz], { height, highest, reach }, stride = 0.5) {
  let distance = oy > highest ? (dy < 0 ? (highest - oy) / dy : Infinity) : 0;
  let before = distance;
  let gapBefore = 0;
  while (distance < reach) {
    const gap = oy + dy * distance - height(ox + dx * distance, oz + dz * distance);
    if (gap < 0) {
      return before + ((distance - before) * gapBefore) / (gapBefore - gap);
    }
    before = distance;
    gapBefore = gap;
    distance += Math.max(gap * stride, 0.002 + distance * 0.0012);
    if (dy > 0 && oy + dy * distance > highest) {
      return Infinity;
    }
  }
  return Infinity;
}

/** Which way the ground faces at a place, measured over a length of `step`. */
export function normalAt(height, x, z, step) {
  const nx = height(x - step, z) - height(x + step, z);
  const nz = height(x, z - step) - height(x, z + step);
  const length = Math.hypot(nx, 2 * step, nz);
  return [nx / length, (2 * step) / length, nz / length];
}

export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export function unit([x, y, z]) {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}
