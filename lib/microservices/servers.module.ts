import { Module } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModulesContainer } from '@nestjs/core';
import { placeHooks } from '../nest/module/hook-order.js';
import { nestLog } from '../nest/nest-log.js';
import { ServersLifecycle } from './servers-lifecycle.js';

/**
 * Lets handlers run only while all modules of an application are up: each `ReqRepServer` takes messages behind the last start hook, and stops
 * before the first shutdown hook. Without it Nest starts microservices when it is told to, which may be before `onModuleInit`. It closes them
 * behind `onModuleDestroy` and `beforeApplicationShutdown`, in hybrid applications and wherever a signal ends the application.
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
            'Handlers of messages may run before all modules have started, and after some have closed, because the order of ' +
              'hooks cannot be set in this version of Nest',
          );
        }
        return new ServersLifecycle(modules.getRpcTargetRegistry());
      },
    },
  ],
})
export class ReqRepServersModule {}
