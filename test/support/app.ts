import type { INestApplicationContext, ModuleMetadata, Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import {
  ReqRepModule,
  RequestClient,
  type ReqRepModuleExtras,
  type ReqRepModuleOptions,
} from '../../lib/index.js';
import { RecordedLog } from './recorded-log.js';

/** An application that is closed behind the test, with what it logged. */
export interface TestApp {
  readonly app: INestApplicationContext;
  readonly client: RequestClient;
  readonly log: RecordedLog;
}

/** Starts an application with the module and the given providers. */
export function startApp(
  options: ReqRepModuleOptions & ReqRepModuleExtras,
  providers: Provider[] = [],
): Promise<TestApp> {
  return startModule({ imports: [ReqRepModule.forRoot(options)], providers });
}

/** Starts an application made of the given parts. */
export async function startModule(metadata: ModuleMetadata): Promise<TestApp> {
  const log = new RecordedLog();
  const app = await Test.createTestingModule(metadata).setLogger(log).compile();
  await app.init();
  onTestFinished(() => app.close());
  return {
    app,
    log,
    get client() {
      return app.get(RequestClient, { strict: false });
    },
  };
}
