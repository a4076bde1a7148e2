import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as core from '../../lib/core/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const app = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-core-'));

/** A folder in which the built library finds all dependencies but Nest. */
beforeAll(() => {
  const modules = join(app, 'node_modules');
  const library = join(modules, 'nestjs-reqrep');
  mkdirSync(library, { recursive: true });
  cpSync(join(root, 'package.json'), join(library, 'package.json'));
  cpSync(join(root, 'dist'), join(library, 'dist'), { recursive: true });
  for (const name of ['ioredis', 'rxjs']) {
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
});

afterAll(() => {
  rmSync(app, { recursive: true, force: true });
});

/** Runs a program in the folder. @returns its output. */
const printed = (program: string, ...options: string[]): string =>
  execFileSync(process.execPath, [...options, '--eval', program], {
    cwd: app,
    encoding: 'utf8',
    stdio: 'pipe',
  });

const EXPORTS = `${JSON.stringify(Object.keys(core).toSorted())}\n`;
const TELL =
  'console.log(JSON.stringify(Object.keys(core).filter((name) => name !== "module.exports").toSorted()))';

describe('nestjs-reqrep/core', () => {
  it('is imported where there is no Nest', () => {
    const program = `import * as core from 'nestjs-reqrep/core'; ${TELL}`;
    expect(printed(program, '--input-type=module')).toBe(EXPORTS);
  });

  it('is required where there is no Nest', () => {
    expect(printed(`const core = require('nestjs-reqrep/core'); ${TELL}`)).toBe(EXPORTS);
  });

  it('is required where a `require` cannot load ES modules', () => {
    const path = './node_modules/nestjs-reqrep/dist/cjs/core/index.js';
    expect(printed(`const core = require('${path}'); ${TELL}`)).toBe(EXPORTS);
  });
});

it('nestjs-reqrep says by the name of the package that Nest is missing', () => {
  expect(() => printed(`require('nestjs-reqrep')`)).toThrow('@nestjs/common');
});

it('both entries are one library', () => {
  const require = createRequire(import.meta.url);
  const [nest, withoutNest] = [require('nestjs-reqrep'), require('nestjs-reqrep/core')];
  for (const name of ['RequestClient', 'JobContext', 'ReqRepError', 'InvalidOptionError']) {
    expect(withoutNest[name]).toBe(nest[name]);
  }
});

describe('an entry with a peer of its own', () => {
  /** Has the packages of Nest that every application has, but no other. */
  const nestApp = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-entries-'));

  beforeAll(() => {
    cpSync(join(app, 'node_modules'), join(nestApp, 'node_modules'), { recursive: true });
    mkdirSync(join(nestApp, 'node_modules', '@nestjs'));
    for (const name of ['@nestjs/common', '@nestjs/core', 'reflect-metadata']) {
      symlinkSync(join(root, 'node_modules', name), join(nestApp, 'node_modules', name));
    }
  });

  afterAll(() => {
    rmSync(nestApp, { recursive: true, force: true });
  });

  const load = (entry: string): string =>
    execFileSync(process.execPath, ['--eval', `require('${entry}')`], {
      cwd: nestApp,
      encoding: 'utf8',
      stdio: 'pipe',
    });

  it.each([
    ['microservices', '@nestjs/microservices'],
    ['terminus', '@nestjs/terminus'],
    ['opentelemetry', '@opentelemetry/api'],
  ])('nestjs-reqrep/%s names the package %s where it is missing', (entry, peer) => {
    expect(() => load(`nestjs-reqrep/${entry}`)).toThrow(peer);
  });

  it.each(['nestjs-reqrep', 'nestjs-reqrep/testing'])('%s needs none of these', (entry) => {
    expect(load(entry)).toBe('');
  });
});
