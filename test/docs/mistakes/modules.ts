import { Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { ReqRepModule, RequestClient } from '../../../lib/index.js';
import type { Mistake } from '../mistake.js';
import { workerOf } from '../providers.js';
import { errorOf } from '../scene.js';

export const modules: Mistake[] = [
  {
    title: 'No forRoot is imported anywhere',
    provoke: async (scene) => {
      @Injectable()
      class Reports {
        constructor(readonly client: RequestClient) {}
      }
      const told = await errorOf(() => scene.startModule({ providers: [Reports] }));
      return told.split('\n').slice(0, 1);
    },
  },
  {
    title: 'The module is imported without forRoot',
    provoke: async (scene) => [
      await errorOf(() =>
        scene.startModule({ imports: [ReqRepModule], providers: [workerOf('reports')] }),
      ),
    ],
  },
  {
    title: 'The module is set up twice',
    provoke: async (scene) => {
      const { url: connection } = scene.redis;
      @Module({ imports: [ReqRepModule.forRoot({ connection, timeout: 5_000 })] })
      class BillingModule {}
      return [
        await errorOf(() =>
          scene.startModule({ imports: [ReqRepModule.forRoot({ connection }), BillingModule] }),
        ),
      ];
    },
  },
  {
    title: 'The options are request-scoped',
    provoke: async (scene) => {
      @Injectable({ scope: Scope.REQUEST })
      class Tenant {}
      @Module({ providers: [Tenant], exports: [Tenant] })
      class TenantModule {}
      return [
        await errorOf(() =>
          scene.startModule({
            imports: [
              ReqRepModule.forRootAsync({
                imports: [TenantModule],
                inject: [Tenant, REQUEST],
                useFactory: () => ({ connection: scene.redis.url }),
              }),
            ],
            providers: [workerOf('reports')],
          }),
        ),
      ];
    },
  },
  {
    title: 'Two handlers answer one queue',
    provoke: async (scene) => [
      await errorOf(() => scene.start({}, [workerOf('reports'), workerOf('reports')])),
    ],
  },
  {
    title: 'A handler names an instance that does not exist',
    provoke: async (scene) => {
      const elsewhere = { instance: 'billing' };
      return [await errorOf(() => scene.start({}, [workerOf('reports', undefined, elsewhere)]))];
    },
  },
];
