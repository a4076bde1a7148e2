import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, inject, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-tarball-'));

/** What the types may speak of: the peers, and nothing of Node that an application may not have. */
const ALLOWED_IN_TYPES = {
  'index.d.ts': ['@nestjs/common', '@nestjs/core', 'ioredis', 'rxjs'],
  'core/index.d.ts': ['ioredis', 'rxjs'],
  'dashboard/index.d.ts': ['@nestjs/common', '@nestjs/core'],
  'microservices/index.d.ts': [
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/microservices',
    'ioredis',
    'rxjs',
  ],
  'opentelemetry/index.d.ts': ['@opentelemetry/api'],
  'terminus/index.d.ts': ['@nestjs/common', '@nestjs/core', '@nestjs/terminus', 'ioredis', 'rxjs'],
};

const { tarball, files } = inject('packed');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
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
    'Sends a request.',
  );
});
