import type { INestApplicationContext, Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ReqRepModule,
  type ReqRepModuleExtras,
  type ReqRepModuleOptions,
} from '../../lib/index.js';
import { afterEach } from 'vitest';

const open: INestApplicationContext[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

/** Starts an application with the module and the given providers; it is closed behind the test. */
export async function startApp(
  options: ReqRepModuleOptions & ReqRepModuleExtras,
  providers: Provider[] = [],
): Promise<INestApplicationContext> {
  const module = await Test.createTestingModule({
    imports: [ReqRepModule.forRoot(options)],
    providers,
  }).compile();
  module.useLogger(false);
  open.push(module);
  await module.init();
  return module;
}
