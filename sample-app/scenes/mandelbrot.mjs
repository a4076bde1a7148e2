import { add, clamp, colour, gradient, mix, scale } from './colour.mjs';
import { HEIGHT, WIDTH, render } from './render.mjs';

const CENTRE = { re: -0.74338, im: 0.131395 };
const SPAN = 0.0021;
const LIMIT = 1200;
const PALETTE = [
  [0, colour('#03071e')],
  [0.16, colour('#0b3c6f')],
  [0.34, colour('#2fa4c9')],
  [0.48, colour('#f4f1de')],
  [0.6, colour('#ffb703')],
  [0.75, colour('#c8440f')],
  [0.88, colour('#4a0d2b')],
  [1, colour('#03071e')],
];
const LIGHT = { x: -0.6, y: 0.8, height: 1.4 };

/** A detail of the Mandelbrot set in Seahorse Valley, lit as if it stood out. */
export function mandelbrot() {
  return render(
    (px, py) =>
      shade(
        CENTRE.re + ((px - WIDTH / 2) / WIDTH) * SPAN,
        CENTRE.im - ((py - HEIGHT / 2) / WIDTH) * SPAN,
      ),
    { grain: 0 },
  );
}

function shade(re, im) {
  let zr = 0;
  let zi = 0;
  let dr = 0;
  let di = 0;
  for (let i = 0; i < LIMIT; i++) {
    [dr, di] = [2 * (zr * dr - zi * di) + 1, 2 * (zr * di + zi * dr)];
    [zr, zi] = [zr * zr - zi * zi + re, 2 * zr * zi + im];
    const square = zr * zr + zi * zi;
    if (square > 1e6) {
      const smooth = i + 1 - Math.log2(Math.log(square) / 2);
      return relief(smooth, zr, zi, dr, di);
    }
  }
  return PALETTE[0][1];
}

/** The direction in which the distance to the set grows is that of the surface. */
function relief(smooth, zr, zi, dr, di) {
  const size = Math.hypot(dr, di);
  const distance = (Math.hypot(zr, zi) * Math.log(Math.hypot(zr, zi))) / size;
  let nx = (zr * dr + zi * di) / size;
  let ny = (zi * dr - zr * di) / size;
  const length = Math.hypot(nx, ny);
  nx /= length;
  ny /= length;
  const lit = clamp((nx * LIGHT.x + ny * LIGHT.y + LIGHT.height) / (1 + LIGHT.height));
  const base = gradient(PALETTE, (Math.log(smooth) * 1.55 + 0.1) % 1);
  const near = clamp(Math.log2(1 + distance / (SPAN / WIDTH)) / 3);
  return add(
    mix(PALETTE[0][1], scale(base, 0.35 + 0.85 * lit), 0.25 + 0.75 * near),
    [1, 1, 1],
    0.12 * lit ** 12,
  );
}
