import sharp from 'sharp';
import { cellNumber } from './random.mjs';

export const WIDTH = 1600;
export const HEIGHT = 1067;

/**
 * Asks `shade(x, y)` for the light at several places of each pixel and makes a picture of it.
 *
 * @param shade - takes pixels, counted from the upper left corner, and gives a linear colour.
 * @param options.samples - places per pixel and axis.
 * @param options.grain - how much film grain the picture gets.
 * @param options.vignette - how much darker the corners are.
 */
export function render(shade, { samples = 2, grain = 0.012, vignette = 0.25 } = {}) {
  const bytes = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const sum = [0, 0, 0];
      for (let i = 0; i < samples * samples; i++) {
        const dx = ((i % samples) + 0.5) / samples;
        const dy = (Math.floor(i / samples) + 0.5) / samples;
        const light = shade(x + dx, y + dy);
        for (let part = 0; part < 3; part++) {
          sum[part] += toneMap(light[part]);
        }
      }
      const distance = Math.hypot(x / WIDTH - 0.5, y / HEIGHT - 0.5) / Math.SQRT1_2;
      const shadow = 1 - vignette * distance ** 3;
      const speck = (cellNumber(x, y, 99) - 0.5) * grain;
      for (let part = 0; part < 3; part++) {
        const light = (sum[part] / samples ** 2) * shadow;
        const value = (light ** (1 / 2.2) + speck) * 255;
        bytes[(y * WIDTH + x) * 3 + part] = Math.round(Math.min(255, Math.max(0, value)));
      }
    }
  }
  return sharp(bytes, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

/** Leaves dark light as it is and lets bright light approach white instead of clipping it. */
function toneMap(light) {
  const knee = 0.6;
  return light < knee ? Math.max(0, light) : 1 - (1 - knee) * Math.exp((knee - light) / (1 - knee));
}
