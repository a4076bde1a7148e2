/** Sends the pictures of a folder to worker processes and prints what comes back: `npm run sample [-- FOLDER]`. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { describeBackend, withBackend, type Backend } from './backend.js';
import { formatFailure } from './failure-report.js';
import { OWN_PICTURES, chosenFolder, listPictures } from './picture-folder.js';
import { renderPictures } from './render-pictures.js';
import { formatOutcomes } from './result-table.js';
import { SampleError } from './sample.error.js';
import { Thumbnails } from './thumbnails.service.js';

try {
  const folder = chosenFolder(process.argv.slice(2));
  const pictures = await listPictures(folder);
  await withBackend((backend) => run(backend, pictures));
  if (folder === OWN_PICTURES) {
    console.log(
      'not-a-picture.jpg is a text file: it shows what a caller gets when a worker throws.',
    );
  }
} catch (error) {
  if (!(error instanceof SampleError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}

async function run(backend: Backend, pictures: readonly string[]): Promise<void> {
  const { redis, workers } = backend;
  console.log(`${describeBackend(backend)}\n`);
  const app = await NestFactory.createApplicationContext(AppModule.connectedTo(redis.url), {
    logger: ['error', 'warn'],
  });
  try {
    const folder = await mkdtemp(join(tmpdir(), 'thumbnails-'));
    const outcomes = await renderPictures(app.get(Thumbnails), pictures, folder);
    console.log(`${formatOutcomes(outcomes, workers)}\n`);
    for (const outcome of outcomes) {
      if ('error' in outcome) {
        console.log(`${formatFailure(outcome.file, outcome.error)}\n`);
      }
    }
    console.log(`The thumbnails are in ${folder}`);
  } finally {
    await app.close();
  }
}
