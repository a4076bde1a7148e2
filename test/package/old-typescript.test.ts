import { beforeAll, it } from 'vitest';
import { TYPED, useOwnApps, type OwnApp } from './own-app.js';

const newApp = useOwnApps();
const COMPILER_OPTIONS = {
  target: 'es2022',
  strict: true,
  noEmit: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  types: ['node'],
};

/** A CommonJS application on Nest 11, whose types the oldest supported compiler can read; so must it ours. */
let app: OwnApp;

beforeAll(() => {
  app = newApp({});
  app.writeExamples('docs/getting-started.md', 'worker.ts', 'requester.ts');
  app.writeExamples('docs/without-nest.md', 'script.ts');
  app.writeMicroservices();
  app.write('typed.ts', TYPED);
  app.write('tsconfig.json', JSON.stringify({ compilerOptions: COMPILER_OPTIONS }));
  const packages = [
    '@nestjs/common@11',
    '@nestjs/core@11',
    '@nestjs/microservices@11',
    'ioredis@5',
    'reflect-metadata',
    'rxjs',
  ];
  app.install(...packages, 'typescript@5.4', '@types/node@20');
});

it.each([
  ['commonjs', 'node10'],
  ['nodenext', 'nodenext'],
  ...(process.env['PACKAGE'] === 'quick'
    ? []
    : [
        ['node16', 'node16'],
        ['esnext', 'bundler'],
      ]),
])(
  'compiles with TypeScript 5.4, module %s, moduleResolution %s',
  (module = '', moduleResolution = '') => {
    const options = ['--module', module, '--moduleResolution', moduleResolution];
    app.run('npx', '--no-install', 'tsc', ...options);
  },
);
