import type { INestApplicationContext, Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import { ReqRepModule, RequestClient, type ReqRepModuleOptions } from '../../lib/index.js';
import { MemoryQueues, useMemoryQueues } from '../../lib/testing/index.js';
import { RecordedLog } from './recorded-log.js';

/** Where nobody listens: an application that is tested without a server must not ask. */
const NO_REDIS = 'redis://127.0.0.1:1';

export interface AppUnderTest {
  readonly app: INestApplicationContext;
  readonly client: RequestClient;
  readonly queues: MemoryQueues;
  readonly log: RecordedLog;
}

/** Starts an application with the given providers as a user tests one, by `useMemoryQueues`. It is closed behind the test. */
export async function startUnderTest(
  providers: Provider[],
  options: ReqRepModuleOptions = {},
): Promise<AppUnderTest> {
  const log = new RecordedLog();
  const builder = Test.createTestingModule({
    imports: [ReqRepModule.forRoot({ connection: NO_REDIS, ...options })],
    providers,
  }).setLogger(log);
  const app = await useMemoryQueues(builder).compile();
  onTestFinished(() => app.close());
  await app.init();
  return { app, log, client: app.get(RequestClient), queues: app.get(MemoryQueues) };
}
