import { Module, type ConfigurableModuleAsyncOptions, type DynamicModule } from '@nestjs/common';
import { InvalidOptionError } from '../../errors/index.js';
import { isRecord, kindOf } from '../../errors/value-text.js';
import { BARE_MODULE_CLASS } from '../handlers/instance-visibility.js';
import { ConfigurableModuleClass } from './reqrep.module-definition.js';
import type { ReqRepModuleExtras, ReqRepModuleOptions } from './reqrep.options.js';

/**
 * Provides a {@link RequestClient}, {@link ReplyWorkers} and a {@link QueueAdmin}, finds the methods under `@OnJob` in all providers and controllers, and
 * serves their queues.
 *
 * @hideconstructor
 * @example
 * ```ts
 * @Module({ imports: [ReqRepModule.forRoot({ connection: 'redis://localhost:6379' })] })
 * export class AppModule {}
 * ```
 */
@Module({ providers: [BARE_MODULE_CLASS] })
export class ReqRepModule {
  /**
   * Makes an instance of the module.
   *
   * @param options - Options of the instance. A wrong one fails at the start of the application.
   * @throws {@link InvalidOptionError} for options that are not an object.
   */
  static forRoot(options: ReqRepModuleOptions & ReqRepModuleExtras = {}): DynamicModule {
    if (!isRecord(options)) {
      throw new InvalidOptionError('the options of ReqRepModule', 'an object', kindOf(options));
    }
    return { ...ConfigurableModuleClass.forRoot(options), module: this };
  }

  /**
   * Makes an instance of the module whose options are injected or awaited.
   *
   * @param options - What makes the options, and the `name` and `isGlobal` of the instance.
   * @example
   * ```ts
   * ReqRepModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ connection: config.getOrThrow('REDIS_URL') }),
   * })
   * ```
   */
  static forRootAsync(options: ReqRepModuleAsyncOptions): DynamicModule {
    return { ...ConfigurableModuleClass.forRootAsync(options), module: this };
  }
}

/**
 * The options of {@link ReqRepModule.forRootAsync}: `imports`, `inject`, one of `useFactory`, `useClass` and `useExisting`, and what
 * {@link ReqRepModuleExtras} has.
 */
export type ReqRepModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  ReqRepModuleOptions,
  'createReqRepOptions'
> &
  ReqRepModuleExtras;
