/** Computes the pictures of the sample app: `node sample-app/make-pictures.mjs [NAME ...]`. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { auroraLake } from './scenes/aurora-lake.mjs';
import { mandelbrot } from './scenes/mandelbrot.mjs';
import { sandDunes } from './scenes/sand-dunes.mjs';
import { seaWaves } from './scenes/sea-waves.mjs';
import { stainedGlass } from './scenes/stained-glass.mjs';
import { sunsetRidges } from './scenes/sunset-ridges.mjs';

const FOLDER = fileURLToPath(new URL('pictures/', import.meta.url));

const PICTURES = {
  'aurora-lake.jpg': () => auroraLake().jpeg({ quality: 86, mozjpeg: true }),
  'mandelbrot.webp': () => mandelbrot().webp({ quality: 80, effort: 6 }),
  'sand-dunes.jpg': () => sandDunes().jpeg({ quality: 91, mozjpeg: true }),
  'sea-waves.avif': () => seaWaves().avif({ quality: 70, effort: 6 }),
  'stained-glass.png': () =>
    stainedGlass().png({ palette: true, effort: 10, colours: 128, dither: 0.4 }),
  'sunset-ridges.jpg': () => sunsetRidges().jpeg({ quality: 90, mozjpeg: true }),
};

const wanted = process.argv.slice(2);
await mkdir(FOLDER, { recursive: true });
for (const [file, make] of Object.entries(PICTURES)) {
  if (wanted.length === 0 || wanted.some((name) => file.startsWith(name))) {
    const { size } = await make().toFile(FOLDER + file);
    console.log(`${file}: ${Math.round(size / 1000)} kB`);
  }
}
