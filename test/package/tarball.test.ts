import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startLocalRedis, type LocalRedis } from '../../sample-app/src/local-redis.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-package-'));

/** What the types may speak of: the peers, and nothing of Node that an application may not have. */
const ALLOWED_IN_TYPES = {
  'index.d.ts': ['@nestjs/common', '@nestjs/core', 'ioredis', 'rxjs'],
  'core/index.d.ts': ['ioredis', 'rxjs'],
};

const { tarball, files } = inject('packed');
let redis: LocalRedis;

function run(cwd: string, command: string, ...args: string[]): string {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, REDIS_URL: redis.url },
  });
}

beforeAll(async () => {
  redis = await startLocalRedis();
});

afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('holds the build, README, LICENSE and CHANGELOG, and nothing else', () => {
  const others = files.filter((file) => !file.startsWith('dist/'));
  expect(others.toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
  expect(files.filter((file) => !/\.(js|d\.ts|md|json)$|^LICENSE$/.test(file))).toEqual([]);
});

it.each(
  ['esm', 'cjs'].flatMap((kind) =>
    Object.entries(ALLOWED_IN_TYPES).map(([entry, allowed]) => [kind, entry, allowed] as const),
  ),
)('types of dist/%s/%s import what they may, and keep their comments', (kind, entry, allowed) => {
  run(root, 'tar', '-xzf', tarball, '-C', folder);
  const dist = join(folder, 'package', 'dist', kind);
  const types = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.d.ts'),
  );
  const reachable = new Set<string>();
  const visit = (file: string): void => {
    if (reachable.has(file)) {
      return;
    }
    reachable.add(file);
    const text = readFileSync(join(dist, file), 'utf8');
    for (const [, from = ''] of text.matchAll(/(?:from|import\()\s*['"]([^'"]+)['"]/g)) {
      if (from.startsWith('.')) {
        visit(join(file, '..', from.replace(/\.js$/, '.d.ts')));
      } else {
        expect(allowed, `${file} imports ${from}`).toContain(from);
      }
    }
  };
  visit(entry);
  expect(types).toContain(entry);
  expect(readFileSync(join(dist, 'client', 'request-client.d.ts'), 'utf8')).toContain(
    'Asks the workers of a queue',
  );
});

/** A block of README.md that begins with `// <file>`, but for the address of the server. */
function fromReadme(file: string): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const block = readme.split('```').find((text) => text.startsWith(`ts\n// ${file}\n`));
  return (block ?? '')
    .slice('ts'.length)
    .replace('.forRoot()', `.forRoot({ connection: '${redis.url}' })`)
    .replace('redis://localhost:6379', redis.url);
}

/** Does not compile unless an application's `JobMap` reaches the package's. */
const TYPED = `
import type { RequestClient } from 'nestjs-reqrep';
import type { Observable } from 'rxjs';

declare module 'nestjs-reqrep' {
  interface JobMap {
    sums: (data: { values: number[] }) => number;
  }
}

export function sum(client: RequestClient): Observable<number> {
  // @ts-expect-error wrong data
  client.send('sums', { values: ['1'] });
  // @ts-expect-error wrong reply
  const text: Observable<string> = client.send('sums', { values: [1] });
  return text as never ?? client.send('sums', { values: [1] });
}
`;

it.each([
  ['an ES module', 'module'],
  ['a CommonJS', 'commonjs'],
])('both sides of README.md’s example compile and work in %s application', async (_, type) => {
  const app = mkdtempSync(join(folder, `${type}-`));
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type }));
  for (const file of ['worker.ts', 'requester.ts', 'reports.ts', 'script.ts']) {
    writeFileSync(join(app, file), fromReadme(file));
  }
  writeFileSync(
    join(app, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'es2022',
        strict: true,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        types: ['node'],
      },
    }),
  );
  writeFileSync(join(app, 'typed.ts'), TYPED);
  const packages = ['@nestjs/common', '@nestjs/core', 'ioredis', 'reflect-metadata', 'rxjs'];
  const validation = ['class-validator', 'class-transformer'];
  const development = ['typescript@6', '@types/node@20'];
  run(
    app,
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--silent',
    tarball,
    ...packages,
    ...validation,
    ...development,
  );
  run(app, 'npx', '--no-install', 'tsc');
  const worker = spawn('node', ['worker.js'], { cwd: app, stdio: 'inherit' });
  try {
    expect(run(app, 'node', 'requester.js')).toMatch(/^report A7, attempt 1$/m);
  } finally {
    worker.kill();
    await once(worker, 'exit');
  }
  expect(run(app, 'node', 'reports.js').trim().split('\n')).toEqual([
    'report A7, attempt 1 for acme',
    '403 Forbidden resource',
    '400 Bad Request Exception',
    '503 no paper left',
  ]);
  expect(run(app, 'node', 'script.js')).toBe('42\n');
});

it('works without Nest, which nobody installs for it', () => {
  const app = mkdtempSync(join(folder, 'without-nest-'));
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
  writeFileSync(join(app, 'script.ts'), fromReadme('script.ts'));
  const development = ['typescript@6', '@types/node@20'];
  run(
    app,
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--silent',
    tarball,
    'ioredis',
    ...development,
  );
  const installed = readdirSync(join(app, 'node_modules'));
  expect(installed).toContain('rxjs');
  expect(installed).not.toContain('@nestjs');
  expect(installed).not.toContain('reflect-metadata');
  const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--types', 'node'];
  run(app, 'npx', '--no-install', 'tsc', ...options, 'script.ts');
  expect(run(app, 'node', 'script.js')).toBe('42\n');
  const told = "try { require('nestjs-reqrep') } catch ({ message }) { console.log(message) }";
  expect(run(app, 'node', '--input-type=commonjs', '--eval', told)).toContain('@nestjs/common');
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
    const app = oldTypescript();
    run(
      app,
      'npx',
      '--no-install',
      'tsc',
      '--module',
      module,
      '--moduleResolution',
      moduleResolution,
    );
  },
);

let oldApp: string | undefined;

/** A CommonJS application on Nest 11, whose types the oldest supported compiler can read; so must it ours. */
function oldTypescript(): string {
  if (oldApp === undefined) {
    oldApp = mkdtempSync(join(folder, 'old-typescript-'));
    writeFileSync(join(oldApp, 'package.json'), '{ "private": true }');
    for (const file of ['worker.ts', 'requester.ts', 'script.ts']) {
      writeFileSync(join(oldApp, file), fromReadme(file));
    }
    writeFileSync(join(oldApp, 'typed.ts'), TYPED);
    writeFileSync(
      join(oldApp, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          strict: true,
          noEmit: true,
          experimentalDecorators: true,
          emitDecoratorMetadata: true,
          types: ['node'],
        },
      }),
    );
    const packages = [
      '@nestjs/common@11',
      '@nestjs/core@11',
      'ioredis@5',
      'reflect-metadata',
      'rxjs',
    ];
    const development = ['typescript@5.4', '@types/node@20'];
    run(
      oldApp,
      'npm',
      'install',
      '--no-audit',
      '--no-fund',
      '--silent',
      tarball,
      ...packages,
      ...development,
    );
  }
  return oldApp;
}
