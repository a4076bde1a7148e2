import type { AddressInfo } from 'node:net';
import type { INestApplication, ModuleMetadata, NestApplicationOptions } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import { RecordedLog } from './recorded-log.js';

/** The frameworks below Nest. */
export const FRAMEWORKS: readonly (readonly [name: string, make: () => AbstractHttpAdapter])[] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

/** An application that listens, and is closed behind the test. */
export interface ListeningApp {
  readonly app: INestApplication;
  readonly log: RecordedLog;
  /** Where it listens, without a slash at the end. */
  readonly url: string;
}

/** Starts an application that listens. @param prepare - is called before it starts. */
export async function listen(
  makeAdapter: () => AbstractHttpAdapter,
  metadata: ModuleMetadata,
  prepare: (app: INestApplication) => void = () => undefined,
  options: NestApplicationOptions = {},
): Promise<ListeningApp> {
  const log = new RecordedLog();
  const tested = await Test.createTestingModule(metadata, options).setLogger(log).compile();
  const app = tested.createNestApplication(makeAdapter(), options);
  prepare(app);
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, log, url: `http://127.0.0.1:${port}` };
}
