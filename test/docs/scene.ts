import type { INestApplicationContext, ModuleMetadata, Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ReqRepModule,
  RequestClient,
  type ReqRepModuleExtras,
  type ReqRepModuleOptions,
} from '../../lib/index.js';
import type { TestRedis } from '../support/redis.js';
import { PrintedLog } from './printed-log.js';

/** An application that made a mistake, and what it printed. */
export interface MistakenApp {
  readonly app: INestApplicationContext;
  readonly client: RequestClient;
  readonly log: PrintedLog;
}

/** Where a mistake is made: applications and servers that end with it. */
export class Scene {
  private readonly ends: (() => unknown)[] = [];

  constructor(readonly redis: TestRedis) {}

  /** Starts an application at the scene's server unless the options name another one. */
  start(
    options: ReqRepModuleOptions & ReqRepModuleExtras = {},
    providers: Provider[] = [],
  ): Promise<MistakenApp> {
    const connection = this.redis.url;
    return this.startModule({
      imports: [ReqRepModule.forRoot('host' in options ? options : { connection, ...options })],
      providers,
    });
  }

  async startModule(metadata: ModuleMetadata): Promise<MistakenApp> {
    const log = new PrintedLog();
    const app = await Test.createTestingModule(metadata).setLogger(log).compile();
    this.atEnd(() => app.close());
    await app.init();
    return {
      app,
      log,
      get client() {
        return app.get(RequestClient, { strict: false });
      },
    };
  }

  /** Ends something when the mistake was shown. */
  atEnd(end: () => unknown): void {
    this.ends.push(end);
  }

  async close(): Promise<void> {
    for (const end of this.ends.toReversed()) {
      await end();
    }
  }
}

/** What a caller would see printed of an error. */
export async function errorOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    return String(error);
  }
  throw new Error('Nothing was refused');
}
