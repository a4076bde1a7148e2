import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TYPED, useOwnApps } from './own-app.js';

const newApp = useOwnApps();
const DEVELOPMENT = ['typescript@6', '@types/node@20'];
const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2022',
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  types: ['node'],
};

it.each([
  ['an ES module', 'module'],
  ['a CommonJS', 'commonjs'],
])('both sides of README.md’s example compile and work in %s application', async (_, type) => {
  const app = newApp({ type });
  app.writeExamples('worker.ts', 'requester.ts', 'reports.ts', 'script.ts');
  app.write('tsconfig.json', JSON.stringify({ compilerOptions: COMPILER_OPTIONS }));
  app.write('typed.ts', TYPED);
  const packages = ['@nestjs/common', '@nestjs/core', 'ioredis', 'reflect-metadata', 'rxjs'];
  const validation = ['class-validator', 'class-transformer'];
  app.install(...packages, ...validation, ...DEVELOPMENT);
  app.run('npx', '--no-install', 'tsc');
  const worker = spawn('node', ['worker.js'], { cwd: app.folder, stdio: 'inherit' });
  try {
    expect(app.run('node', 'requester.js')).toMatch(/^report A7, attempt 1$/m);
  } finally {
    worker.kill();
    await once(worker, 'exit');
  }
  expect(app.run('node', 'reports.js').trim().split('\n')).toEqual([
    'report A7, attempt 1 for acme',
    '403 Forbidden resource',
    '400 Bad Request Exception',
    '503 no paper left',
  ]);
  expect(app.run('node', 'script.js')).toBe('42\n');
});

it('works without Nest, which nobody installs for it', () => {
  const app = newApp({ type: 'module' });
  app.writeExamples('script.ts');
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
