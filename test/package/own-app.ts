import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { useRedis } from '../support/redis.js';
import { exampleOf } from './examples.js';

/** An application that somebody writes who has the documentation and the packed library. */
export interface OwnApp {
  readonly folder: string;
  write(file: string, text: string): void;
  /** Writes what a page shows as these files, but for the address of the server. */
  writeExamples(page: string, ...files: readonly string[]): void;
  /** Writes the examples of `docs/microservices.md` to a folder of their own. */
  writeMicroservices(): void;
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
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
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
    writeExamples: (page, ...files) =>
      files.forEach((file) => write(file, exampleFor(redisUrl, page, file))),
    writeMicroservices: () =>
      ['worker.ts', 'caller.ts', 'reports.ts', 'exposed.ts', 'gateway.ts'].forEach((file) =>
        write(`microservices/${file}`, exampleFor(redisUrl, 'docs/microservices.md', file)),
      ),
    install: (...packages) => void run('npm', ...install, inject('packed').tarball, ...packages),
  };
}

function exampleFor(redisUrl: string, page: string, file: string): string {
  return exampleOf(page, file)
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
