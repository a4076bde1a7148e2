import { Module, type ConfigurableModuleAsyncOptions, type DynamicModule } from '@nestjs/common';
import { InvalidOptionError } from '../../errors/index.js';
import { isRecord, kindOf } from '../../errors/value-text.js';
import { BARE_MODULE_CLASS } from '../handlers/instance-visibility.js';
import { ConfigurableModuleClass } from './reqrep.module-definition.js';
import type { ReqRepModuleExtras, ReqRepModuleOptions } from './reqrep.options.js';

/**
 * Request/reply over Redis lists: exports a `RequestClient` and the `ReplyWorkers`, finds the methods under
 * `@OnJob` in all providers and controllers, and serves their queues.
 *
 * @example
 * ```ts
 * @Module({ imports: [ReqRepModule.forRoot({ connection: 'redis://localhost:6379' })] })
 * export class AppModule {}
 * ```
 */
@Module({ providers: [BARE_MODULE_CLASS] })
export class ReqRepModule {
  /** A wrong option fails with an `InvalidOptionError`, when the application starts at the latest. */
  static forRoot(options: ReqRepModuleOptions & ReqRepModuleExtras = {}): DynamicModule {
    if (!isRecord(options)) {
      throw new InvalidOptionError('the options of ReqRepModule', 'an object', kindOf(options));
    }
    return { ...ConfigurableModuleClass.forRoot(options), module: ReqRepModule };
  }

  /**
   * As {@link forRoot}, with options that have to be injected or awaited.
   *
   * @example
   * ```ts
   * ReqRepModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ connection: config.getOrThrow('REDIS_URL') }),
   * })
   * ```
   */
  static forRootAsync(options: ReqRepModuleAsyncOptions): DynamicModule {
    return { ...ConfigurableModuleClass.forRootAsync(options), module: ReqRepModule };
  }
}

/** What `ReqRepModule.forRootAsync` takes: `imports`, `inject` and one of `useFactory`, `useClass`, `useExisting`. */
export type ReqRepModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  ReqRepModuleOptions,
  'createReqRepOptions'
> &
  ReqRepModuleExtras;
