import { Module } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModulesContainer } from '@nestjs/core';
import { placeHooks } from '../nest/module/hook-order.js';
import { nestLog } from '../nest/nest-log.js';
import { ServersLifecycle } from './servers-lifecycle.js';

/**
 * Stops each `ReqRepServer` of a hybrid application before any module begins to close, since handlers use what modules have opened. Without it
 * Nest closes microservices behind `onModuleDestroy` and `beforeApplicationShutdown`. An application of `createMicroservice` does not need it.
 *
 * @hideconstructor
 * @example
 * ```ts
 * @Module({ imports: [ReqRepServersModule] })
 * export class AppModule {}
 * ```
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: ServersLifecycle,
      inject: [DiscoveryService, ModulesContainer],
      useFactory: (discovery: DiscoveryService, modules: ModulesContainer) => {
        if (!placeHooks(discovery, ServersLifecycle, 'innermost')) {
          nestLog('microservice').warn(
            'Modules may close before the handlers of messages have ended, because the order of hooks cannot be set in this ' +
              'version of Nest',
          );
        }
        return new ServersLifecycle(modules.getRpcTargetRegistry());
      },
    },
  ],
})
export class ReqRepServersModule {}
