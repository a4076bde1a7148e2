import type { INestMicroservice, ModuleMetadata } from '@nestjs/common';
import { ClientProxyFactory, type MicroserviceOptions } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import {
  ReqRepClient,
  ReqRepServer,
  type ReqRepClientOptions,
  type ReqRepServerOptions,
} from '../../lib/microservices/index.js';
import { RecordedLog } from './recorded-log.js';

/** A microservice that is closed behind the test. */
export interface TestService {
  readonly app: INestMicroservice;
  readonly server: ReqRepServer;
  readonly log: RecordedLog;
}

/** Starts a microservice with the given controllers. @param prepare - is called before it listens. */
export async function startService(
  options: ReqRepServerOptions,
  metadata: ModuleMetadata,
  prepare: (app: INestMicroservice) => void = () => undefined,
): Promise<TestService> {
  const log = new RecordedLog();
  const module = await Test.createTestingModule(metadata).setLogger(log).compile();
  const server = new ReqRepServer(options);
  const app = module.createNestMicroservice<MicroserviceOptions>({ strategy: server });
  prepare(app);
  await app.listen();
  onTestFinished(() => app.close());
  return { app, server, log };
}

/** Makes a client as Nest's `ClientsModule` does, and closes it behind the test. */
export function clientOf(options: ReqRepClientOptions): ReqRepClient {
  const client = ClientProxyFactory.create({ customClass: ReqRepClient, options });
  if (!(client instanceof ReqRepClient)) {
    throw new Error('Nest has made another client');
  }
  onTestFinished(() => client.close());
  return client;
}
