import {
  Inject,
  Module,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { DashboardHost } from './dashboard-host.js';
import { checkDashboardOptions, DEFAULT_PATH } from './dashboard-options.js';
import type { ReqRepDashboardOptions } from './dashboard-options.js';
import { controllerAt, type MadeController } from './dashboard.controller.js';

const PARTS = Symbol('nestjs-reqrep:dashboard');

interface Parts {
  readonly made: MadeController;
  readonly middleware: NonNullable<ReqRepDashboardOptions['middleware']>;
  /** Distinguishes dashboards for Nest's `moduleIdGeneratorAlgorithm: 'deep-hash'`, which keeps one of those that it takes for the same. */
  readonly distinction: object;
}

/**
 * Serves a page on which people see the queues of an instance of `ReqRepModule`, their jobs, workers and dead letters, and change what is
 * to be changed. For applications on Express and Fastify. Call it once for each instance that is to have a page.
 *
 * The page shows the data of jobs, and may remove them: put `guards`, or something else, in front of it.
 *
 * @hideconstructor
 * @example
 * ```ts
 * @Module({
 *   imports: [
 *     ReqRepModule.forRoot({ connection: 'redis://localhost:6379' }),
 *     ReqRepDashboardModule.forRoot({ path: '/queues', guards: [AdminGuard], imports: [AuthModule] }),
 *   ],
 * })
 * export class AppModule {}
 * ```
 */
@Module({})
export class ReqRepDashboardModule implements NestModule {
  readonly #parts: Parts;
  readonly #adapter: HttpAdapterHost;

  /** Is called by Nest. */
  constructor(@Inject(PARTS) parts: object, @Inject(HttpAdapterHost) adapter: HttpAdapterHost) {
    this.#parts = parts as Parts;
    this.#adapter = adapter;
  }

  /**
   * Makes a dashboard.
   *
   * @param options - Options of the dashboard.
   * @throws `InvalidOptionError` for a wrong option, at once; at the start of the application for the name of no instance.
   */
  static forRoot(options: ReqRepDashboardOptions = {}): DynamicModule {
    checkDashboardOptions(options);
    const { path = DEFAULT_PATH, readOnly = false, guards = [], middleware = [] } = options;
    const { instance, imports = [] } = options;
    const made = controllerAt(path, guards);
    const distinction = { path, instance, readOnly };
    const parts: Parts = { made, middleware, distinction };
    return {
      module: this,
      imports,
      controllers: [made.controller],
      providers: [
        { provide: PARTS, useValue: parts },
        {
          provide: DashboardHost,
          inject: [ModuleRef],
          useFactory: (modules: ModuleRef) => new DashboardHost(modules, { instance, readOnly }),
        },
      ],
    };
  }

  /** Is called by Nest. */
  configure(consumer: MiddlewareConsumer): void {
    const { made, middleware } = this.#parts;
    made.routeFiles(':file');
    if (middleware.length > 0) {
      consumer.apply(...middleware).forRoutes(made.controller);
    }
    if (this.#adapter.httpAdapter?.getType() === 'fastify') {
      made.routeFiles('*');
    }
  }
}
