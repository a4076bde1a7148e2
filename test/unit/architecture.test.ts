import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ALLOWED, spelledKeys, wrongImports } from './support/architecture.js';
import { askedPastRuntime } from './support/time-and-chance.js';

const LIB = fileURLToPath(new URL('../../lib', import.meta.url));

const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.split(sep).join('/'));

const read = (path: string): string => readFileSync(join(LIB, path), 'utf8');

describe('the library', () => {
  it('is read in full', () => {
    const folders = new Set(files.filter((path) => path.includes('/')).map(folderOf));
    expect([...folders].toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
    expect(files).toContain('index.ts');
    expect(files).toContain('protocol/operations/settle-jobs.ts');
  });

  it('imports along the arrows only', () => {
    expect(files.flatMap((path) => wrongImports(path, read(path)))).toEqual([]);
  });

  it('serves the dashboard without Nest, which the program may not have', () => {
    const server = files.filter((path) => path.startsWith('dashboard/server/'));
    expect(server.filter((path) => /@nestjs|\/nest\//.test(read(path)))).toEqual([]);
  });

  it('asks its runtime alone for time and chance', () => {
    expect(files.flatMap((path) => askedPastRuntime(path, read(path)))).toEqual([]);
  });

  it('has no barrel files but its entries and that of the errors', () => {
    const barrels = files.filter((path) => basename(path) === 'index.ts');
    expect(barrels.toSorted()).toEqual([
      'core/index.ts',
      'dashboard/index.ts',
      'errors/index.ts',
      'index.ts',
      'microservices/index.ts',
      'opentelemetry/index.ts',
      'terminus/index.ts',
      'testing/index.ts',
    ]);
  });

  it('spells keys in one file only, and there all of them', () => {
    // The name of a command or an event is no key.
    const others = files.filter((path) => !/^(cli\/commands|dashboard)\//.test(path));
    const spelling = others.filter((path) => spelledKeys(read(path)).length > 0);
    expect(spelling).toEqual(['protocol/keys.ts']);
    const suffixes = new Set(spelledKeys(read('protocol/keys.ts')));
    expect([...suffixes].toSorted()).toEqual([
      'active:',
      'cancel',
      'dead',
      'deadids',
      'deadletters',
      'purged:',
      'replies:',
      'reqrep:control',
      'reqrep:queues',
      'requests',
      'totals',
      'worker:',
      'workers',
    ]);
  });
});

describe('the check of imports', () => {
  it.each([
    ['client/a.ts', `import { Slots } from '../worker/slots.js';`],
    ['client/a.ts', `import type { Slots } from '../worker/slots.js';`],
    ['worker/a.ts', `import type {\n  RequestClient,\n} from '../client/request-client.js';`],
    ['worker/a.ts', `export { RequestClient } from '../client/request-client.js';`],
    ['worker/a.ts', `export * from '../client/request-client.js';`],
    ['worker/a.ts', `import '../client/request-client.js';`],
    ['worker/a.ts', `const { RequestClient } = await import('../client/request-client.js');`],
    ['worker/a.ts', `let client: import('../client/request-client.js').RequestClient;`],
    ['worker/a.ts', `import { Injectable } from '@nestjs/common';`],
    ['worker/a.ts', `import { Redis } from 'ioredis';`],
    ['client/a.ts', `import type { Redis } from 'ioredis';`],
    ['nest/a.ts', `import { Redis } from 'ioredis';`],
    ['nest/a.ts', `import { type Redis } from 'ioredis';`],
    ['nest/a.ts', `import type { Redis } from 'ioredis';`],
    ['nest/a.ts', `import { RequestClient } from '../index.js';`],
    ['nest/a.ts', `import { waitFor } from '../../test/support/wait-for.js';`],
    ['client/a.ts', `import type { Connection } from '../redis/connection.js';`],
    ['worker/a.ts', `import { Connection } from '../redis/connection.js';`],
    ['redis/a.ts', `import type { JobRun } from '../worker/job-run.js';`],
    ['driver/a.ts', `import type { Redis } from 'ioredis';`],
    ['driver/a.ts', `import type { Connection } from '../redis/connection.js';`],
    ['protocol/a.ts', `import type { Operation } from '../driver/operation.js';`],
    ['admin/a.ts', `import type { RequestClient } from '../client/request-client.js';`],
    ['admin/a.ts', `import type { ReplyWorker } from '../worker/reply-worker.js';`],
    ['worker/a.ts', `import { DeadLetters } from '../admin/dead-letters.js';`],
    ['core/a.ts', `import { Module } from '@nestjs/common';`],
    ['core/a.ts', `import 'reflect-metadata';`],
    ['core/a.ts', `import { createReqRep } from './index.js';`],
    ['core/index.ts', `export { ReqRepModule } from '../nest/reqrep.module.js';`],
    ['core/index.ts', `export * from '../client/request-client.js';`],
    ['nest/a.ts', `import { createReqRep } from '../core/index.js';`],
    ['core/a.ts', `import { nestLog } from '../nest/nest-log.js';`],
    ['client/a.ts', `import { currentJob } from '../core/current-job.js';`],
    ['redis/a.ts', `import { Observable } from 'rxjs';`],
    ['nest/a.ts', `import { MemoryQueues } from '../testing/memory-queues.js';`],
    ['memory/a.ts', `import { Redis } from 'ioredis';`],
    ['memory/a.ts', `import type { Connection } from '../redis/connection.js';`],
    ['worker/a.ts', `import { Store } from '../memory/store.js';`],
    ['protocol/a.ts', `import { createHash } from 'node:crypto';`],
    ['telemetry/a.ts', `import { ReqRepError } from '../errors/index.js';`],
    ['errors/a.ts', `import { inspect } from 'node:util';`],
    ['errors/a.ts', `import { Keys } from '../protocol/keys.js';`],
    ['a.ts', `import { Keys } from './protocol/keys.js';`],
    ['other/a.ts', ``],
    ['client/sending/a.ts', `import { PendingRequest } from '../waiting/pending-request.js';`],
    ['client/calls/a.ts', `import type { RequestClient } from '../request-client.js';`],
    ['worker/taking/a.ts', `import type { Settler } from '../settling/settler.js';`],
    ['worker/settling/a.ts', `import { JobRun } from '../running/job-run.js';`],
    ['worker/liveness/a.ts', `import { ReplyWorker } from '../reply-worker.js';`],
    ['redis/connection/a.ts', `import { Connections } from '../connections.js';`],
    ['redis/topology/a.ts', `import type { Connection } from '../connection/connection.js';`],
    ['redis/topology/a.ts', `import { digestOf } from '../operations/script.js';`],
    ['redis/operations/a.ts', `import { Watchdog } from '../connection/watchdog.js';`],
    ['redis/operations/a.ts', `import { serverName } from '../topology/server-name.js';`],
    ['nest/pipeline/a.ts', `import { HandlerBinder } from '../handlers/handler-binder.js';`],
    ['protocol/a.ts', `import { takeJobs } from './operations/take-jobs.js';`],
    ['cli/a.ts', `import { ReqRepModule } from '../nest/module/reqrep.module.js';`],
    ['cli/a.ts', `import { Redis } from 'ioredis';`],
    ['cli/a.ts', `import { lastValueFrom } from 'rxjs';`],
    ['cli/frame/a.ts', `import { send } from '../commands/send.js';`],
    ['cli/doctor/a.ts', `import { send } from '../commands/send.js';`],
    ['core/a.ts', `import { runCli } from '../cli/frame/run-cli.js';`],
    ['index.ts', `export * from './client/request-client.js';`],
    ['index.ts', `export * as client from './client/request-client.js';`],
    ['index.ts', `export type * from './client/request-client.js';`],
  ])('finds the wrong one in %s: %s', (path, text) => {
    expect(wrongImports(path, text)).toEqual([expect.stringContaining(path)]);
  });

  it.each([
    ['nest/a.ts', `import { Injectable } from '@nestjs/common';`],
    ['nest/a.ts', `import { currentJob } from '../core/current-job.js';`],
    ['core/a.ts', `import { RequestClient } from '../client/request-client.js';`],
    ['core/index.ts', `export { RequestClient } from '../client/request-client.js';`],
    ['client/a.ts', `import { PendingRequest } from './pending-request.js';`],
    ['client/a.ts', `import { createHash } from 'node:crypto';`],
    ['protocol/operations/a.ts', `import { Keys } from '../keys.js';`],
    ['client/a.ts', `import { PushBatcher } from './sending/push-batcher.js';`],
    ['client/waiting/a.ts', `import { OutgoingJob } from '../sending/outgoing-job.js';`],
    ['worker/running/a.ts', `import type { Slot } from '../taking/slots.js';`],
    ['worker/liveness/a.ts', `import type { WorkerParts } from '../worker-options.js';`],
    ['redis/a.ts', `import { Connection } from './connection/connection.js';`],
    ['redis/connection/a.ts', `import { digestOf } from '../operations/script.js';`],
    ['nest/module/a.ts', `import { DEFAULT_INSTANCE } from '../tokens.js';`],
    ['cli/commands/a.ts', `import { examine } from '../doctor/examine.js';`],
    ['redis/a.ts', `import { Redis } from 'ioredis';`],
    ['redis/a.ts', `import { Keys } from '../protocol/keys.js';`],
    ['worker/a.ts', `import type { Line } from '../driver/line.js';`],
    ['errors/a.ts', `// import { Keys } from '../protocol/keys.js';`],
    ['index.ts', `export { RequestClient, type Options } from './client/request-client.js';`],
  ])('finds nothing wrong in %s: %s', (path, text) => {
    expect(wrongImports(path, text)).toEqual([]);
  });
});

describe('the check of time and chance', () => {
  it.each([
    ['client/a.ts', `import { setTimeout } from 'node:timers';`],
    ['redis/connection/a.ts', `import { setInterval } from 'node:timers';`],
    ['worker/a.ts', `import { setTimeout as delay } from 'node:timers/promises';`],
    ['worker/a.ts', `import { nextTick } from 'node:process';`],
    ['client/a.ts', `import { randomUUID } from 'node:crypto';`],
    ['client/a.ts', `import { createHash, randomBytes as bytes } from 'node:crypto';`],
    ['worker/a.ts', `import { Observable, timer } from 'rxjs';`],
    ['driver/a.ts', `const since = performance.now();`],
    ['driver/a.ts', `const { now } = performance;`],
    ['client/a.ts', `const since = Date.now();`],
    ['client/a.ts', `const today = new Date();`],
    ['protocol/a.ts', `const id = Math.random().toString(36);`],
    ['worker/a.ts', `setTimeout(() => end(), 5);`],
    ['worker/a.ts', `later(setImmediate);`],
    ['worker/a.ts', `clearInterval(this.timer);`],
    ['worker/a.ts', `globalThis.setInterval(look, 5);`],
    ['worker/a.ts', `process.nextTick(end);`],
    ['client/a.ts', `const id = crypto.randomUUID();`],
    ['client/a.ts', `const signal = AbortSignal.timeout(5);`],
  ])('finds what %s asks: %s', (path, text) => {
    expect(askedPastRuntime(path, text)).toEqual([expect.stringContaining(path)]);
  });

  it.each([
    ['client/a.ts', `this.runtime.setTimeout(() => end(), 5);`],
    ['client/a.ts', `const since = runtime.now();`],
    ['driver/a.ts', `interface Runtime { setTimeout(): void; readonly setInterval: () => void }`],
    ['worker/a.ts', `import { createHash } from 'node:crypto';`],
    ['worker/a.ts', `import { Observable } from 'rxjs';`],
    ['client/a.ts', `const day = new Date(0);`],
    ['client/a.ts', `const most = Math.max(1, 2);`],
    ['client/a.ts', `// as setTimeout(callback, 5) does`],
    ['telemetry/a.ts', `import { setTimeout } from 'node:timers';`],
    ['driver/system-runtime.ts', `const now = performance.now();`],
  ])('finds nothing in %s: %s', (path, text) => {
    expect(askedPastRuntime(path, text)).toEqual([]);
  });
});

describe('the check of keys', () => {
  it.each([
    ['const key = `${base}requests`;', 'requests'],
    [`const key = base + 'workers';`, 'workers'],
    ['const key = `${base}dead`;', 'dead'],
    ['const key = `${base}active:${id}:${slot}`;', 'active:'],
    ['const key = `worker:${id}`;', 'worker:'],
    [`const key = prefix + 'replies:' + id;`, 'replies:'],
  ])('finds the key in %s', (text, suffix) => {
    expect(spelledKeys(text)).toEqual([suffix]);
  });

  it.each([
    'const { requests, workers, dead } = keys;',
    '/** The list `requests`, or `replies:CLIENT`. */',
    'log.warn(`${count} requests of queue "${queue}" wait for workers`);',
    `connections.blocking('replies');`,
  ])('finds none in %s', (text) => {
    expect(spelledKeys(text)).toEqual([]);
  });
});

function folderOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}
