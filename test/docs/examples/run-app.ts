import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { startLocalRedis } from '../../../sample-app/src/local-redis.js';
import type { ExampleFile } from './doc-page.js';
import type { ExampleApp } from './example-apps.js';
import { ExampleProcess } from './example-process.js';
import { printedLines, promisedLines } from './printed.js';

const VITEST = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));

const isWorker = ({ name }: ExampleFile): boolean =>
  /(?:^|\/)worker\.ts$|\.worker-process\.ts$/.test(name);
const isSpec = ({ name }: ExampleFile): boolean => name.endsWith('.spec.ts');
const isPython = ({ name }: ExampleFile): boolean => name.endsWith('.py');

export const hasPython = spawnSync('python3', ['--version']).status === 0;

/** Whether the application has a file that is left out where there is no Python. */
export const needsPython = ({ page }: ExampleApp): boolean => page.files.some(isPython);

/** Runs a compiled application: its workers in the background, each file that says what it prints, and its tests. */
export async function runApp(app: ExampleApp): Promise<void> {
  const { files } = app.page;
  const run = files.filter(
    (file) => promisedLines(file).length > 0 && !isWorker(file) && (hasPython || !isPython(file)),
  );
  if (run.length > 0) {
    await withWorkers(app, files.filter(isWorker), async (redisPort) => {
      for (const file of run) {
        await runFile(app, file, redisPort);
      }
    });
  }
  if (files.some(isSpec)) {
    await runSpecs(app);
  }
}

async function withWorkers(
  { output: folder }: ExampleApp,
  files: readonly ExampleFile[],
  use: (redisPort: number) => Promise<void>,
): Promise<void> {
  const redis = await startLocalRedis();
  const { port: redisPort } = redis;
  const workers = files.map(
    ({ name }) => new ExampleProcess(['node', compiled(name)], { folder, redisPort }),
  );
  try {
    await Promise.all(workers.map((worker) => worker.written('Serving ')));
    await use(redisPort);
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await redis.stop();
  }
}

async function runFile(app: ExampleApp, file: ExampleFile, redisPort: number): Promise<void> {
  const { output, sources } = app;
  const started = isPython(file)
    ? new ExampleProcess(['python3', atPort(join(sources, file.name), redisPort)], {
        folder: sources,
        redisPort,
      })
    : new ExampleProcess(['node', compiled(file.name)], { folder: output, redisPort });
  expect(printedLines(await started.ended()), file.name).toEqual(promisedLines(file));
}

/** Writes the port of the server into a file of Python, which is not redirected. */
function atPort(file: string, redisPort: number): string {
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('6379', String(redisPort)));
  return file;
}

/** Runs the tests of an application, which need no server. */
async function runSpecs({ output: folder }: ExampleApp): Promise<void> {
  const command = ['node', VITEST, 'run', '--globals', '--root', folder] as const;
  await new ExampleProcess(command, { folder, redisPort: 0 }).ended();
}

const compiled = (name: string): string => name.replace(/\.ts$/, '.js');
