import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { useRedis } from '../support/redis.js';
import { blockOfReadme } from './readme.js';

/** An application that somebody writes who has README.md and the packed library. */
export interface OwnApp {
  readonly folder: string;
  write(file: string, text: string): void;
  /** Writes what README.md shows as these files, but for the address of the server. */
  writeExamples(...files: readonly string[]): void;
  /** Installs the packed library and other packages. */
  install(...packages: readonly string[]): void;
  /** Runs a command to its end. @returns what it wrote. */
  run(command: string, ...args: readonly string[]): string;
}

/** Makes applications for the tests of a file, and a server that they use. */
export function useOwnApps(): (manifest: object) => OwnApp {
  const redis = useRedis();
  const folders: string[] = [];
  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
  return (manifest) => {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-package-'));
    folders.push(folder);
    const app = ownAppIn(folder, redis.url);
    app.write('package.json', JSON.stringify({ name: 'app', private: true, ...manifest }));
    return app;
  };
}

function ownAppIn(folder: string, redisUrl: string): OwnApp {
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  const run = (command: string, ...args: readonly string[]): string =>
    execFileSync(command, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, REDIS_URL: redisUrl },
    });
  const install = ['install', '--no-audit', '--no-fund', '--silent', '--prefer-offline'];
  return {
    folder,
    write,
    run,
    writeExamples: (...files) => files.forEach((file) => write(file, fromReadme(file, redisUrl))),
    install: (...packages) => void run('npm', ...install, inject('packed').tarball, ...packages),
  };
}

/** A block of README.md, but for the address of the server. */
function fromReadme(file: string, redisUrl: string): string {
  return blockOfReadme(file)
    .replace('.forRoot()', `.forRoot({ connection: '${redisUrl}' })`)
    .replace('redis://localhost:6379', redisUrl);
}

/** Does not compile unless an application's `JobMap` reaches the package's. */
export const TYPED = `
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
