import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { waitFor } from '../support/wait-for.js';
import { TYPED, useOwnApps, type OwnApp } from './own-app.js';

const newApp = useOwnApps();
const DEVELOPMENT = ['typescript@6', '@types/node@20'];
const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2022',
  rootDir: '.',
  outDir: 'dist',
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  types: ['node'],
};

/** As Nest's CLI makes it, with the module that README.md tells to import. */
const MAIN = `import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ReportsModule } from './reports.js';

@Module({ imports: [ReportsModule] })
class AppModule {}

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
void bootstrap();
`;

/** Compiles the examples of README.md and of the first pages in an application with the packed library. */
function examplesIn(app: OwnApp): void {
  app.writeExamples('README.md', 'src/reports.ts');
  app.write('src/main.ts', MAIN);
  app.writeExamples('docs/getting-started.md', 'worker.ts', 'requester.ts');
  app.writeExamples('docs/handlers.md', 'reports.ts');
  app.writeExamples('docs/without-nest.md', 'script.ts');
  app.writeMicroservices();
  app.write('tsconfig.json', JSON.stringify({ compilerOptions: COMPILER_OPTIONS }));
  app.write('typed.ts', TYPED);
  const nest = ['common', 'core', 'microservices', 'platform-express'].map(
    (name) => `@nestjs/${name}`,
  );
  const validation = ['class-validator', 'class-transformer'];
  app.install(...nest, 'ioredis', 'reflect-metadata', 'rxjs', ...validation, ...DEVELOPMENT);
  app.run('npx', '--no-install', 'tsc');
}

/** Runs a file of an application until `use` is done. */
async function runDuring(
  app: OwnApp,
  file: string,
  use: () => unknown,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const options = { cwd: app.folder, env: { ...process.env, ...env } };
  const child = spawn('node', [file], { ...options, stdio: 'inherit' });
  try {
    await use();
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

it.each([
  ['an ES module', 'module'],
  ['a CommonJS', 'commonjs'],
])('the examples compile and work in %s application', async (_, type) => {
  const app = newApp({ type });
  examplesIn(app);
  const port = await freePort();
  const reply = async () => {
    const response = await fetch(`http://localhost:${port}/reports/A7`).catch(() => undefined);
    return response?.text();
  };
  const isAnswered = async () => (await reply()) === '{"text":"report A7, attempt 1"}';
  await runDuring(app, 'dist/src/main.js', () => waitFor(isAnswered), { PORT: String(port) });
  await runDuring(app, 'dist/worker.js', () => {
    expect(app.run('node', 'dist/requester.js')).toMatch(/^report A7, attempt 1$/m);
  });
  expect(app.run('node', 'dist/reports.js').trim().split('\n')).toEqual([
    'report A7, attempt 1 for acme',
    '403 Forbidden resource',
    '400 Bad Request Exception',
    '503 no paper left',
  ]);
  expect(app.run('node', 'dist/script.js')).toBe('42\n');
  await runDuring(app, 'dist/microservices/worker.js', () => {
    expect(app.run('node', 'dist/microservices/caller.js').trim().split('\n')).toEqual([
      '3',
      '[ 1, 2 ]',
      'A7 for acme',
      "{ code: 'SOLD_OUT', message: 'no none left' }",
    ]);
  });
});

it('works without Nest, which nobody installs for it', () => {
  const app = newApp({ type: 'module' });
  app.writeExamples('docs/without-nest.md', 'script.ts');
  app.install('ioredis', ...DEVELOPMENT);
  const installed = readdirSync(join(app.folder, 'node_modules'));
  expect(installed).toContain('rxjs');
  expect(installed).not.toContain('@nestjs');
  expect(installed).not.toContain('reflect-metadata');
  const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--types', 'node'];
  app.run('npx', '--no-install', 'tsc', ...options, 'script.ts');
  expect(app.run('node', 'script.js')).toBe('42\n');
  const told = "try { require('nestjs-reqrep') } catch ({ message }) { console.log(message) }";
  expect(app.run('node', '--input-type=commonjs', '--eval', told)).toContain('@nestjs/common');
});
