import { ConfigurableModuleBuilder, type Provider } from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryModule,
  DiscoveryService,
  ExternalContextCreator,
  HttpAdapterHost,
  ModulesContainer,
} from '@nestjs/core';
import type { RequestClient } from '../../client/request-client.js';
import { Engine } from '../../core/engine.js';
import { workersHere } from '../../core/workers-here.js';
import { aBoolean, aName, checkOptions, type OptionRules } from '../../options/option-rules.js';
import type { ReplyWorkers } from '../../worker/reply-workers.js';
import { GlobalEnhancers } from '../pipeline/global-enhancers.js';
import { HandlerBinder } from '../handlers/handler-binder.js';
import { placeHooks } from './hook-order.js';
import { reviveHttpException } from '../pipeline/revive-http-exception.js';
import { isHttpErrorsFilter, ReqRepHttpErrors } from '../pipeline/http-errors.filter.js';
import type { InstanceHealth } from '../instance-health.js';
import { INSTANCE_SETTINGS, type InstanceSettings } from '../handlers/instance-visibility.js';
import { JobHandlerExplorer } from '../handlers/job-handler-explorer.js';
import { nestLog } from '../nest-log.js';
import { OptionsScopeCheck } from './options-scope.js';
import { ReqRepInstance } from '../handlers/reqrep-instance.js';
import { ReqRepWorkersModule, WorkersLifecycle } from './reqrep-workers.module.js';
import { ReqRepLifecycle } from './reqrep-lifecycle.js';
import type { ReqRepModuleExtras, ReqRepModuleOptions } from './reqrep.options.js';
import { resolveModuleOptions, type ResolvedModuleOptions } from './resolve-options.js';
import {
  CLIENT,
  DEFAULT_INSTANCE,
  SHARDS,
  WORKERS,
  getHealthToken,
  getQueueAdminToken,
  getReplyWorkersToken,
  getRequestClientToken,
} from '../tokens.js';
import type { Shards } from '../../driver/shard.js';
import { openShards } from '../../core/open-shards.js';

type Instance = ReqRepInstance<ResolvedModuleOptions>;

const EXTRAS_RULES: OptionRules<ReqRepModuleExtras> = { isGlobal: aBoolean, name: aName };

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<ReqRepModuleOptions>({ moduleName: 'ReqRep' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createReqRepOptions')
    .setExtras<ReqRepModuleExtras>(
      { isGlobal: true, name: DEFAULT_INSTANCE },
      (definition, { isGlobal = true, name = DEFAULT_INSTANCE }) => {
        checkOptions({ isGlobal, name }, EXTRAS_RULES, 'the options of ReqRepModule');
        return {
          ...definition,
          global: isGlobal,
          imports: [...(definition.imports ?? []), DiscoveryModule, ReqRepWorkersModule],
          providers: [...(definition.providers ?? []), ...providersOf({ name, isGlobal })],
          exports: [
            getRequestClientToken(name),
            getReplyWorkersToken(name),
            getQueueAdminToken(name),
          ],
        };
      },
    )
    .build();

const HTTP_ERRORS = Symbol('nestjs-reqrep:http-errors');

/** Returns the providers of one instance of the module. */
function providersOf(settings: InstanceSettings): Provider[] {
  const { name } = settings;
  const log = nestLog(name);
  return [
    { provide: INSTANCE_SETTINGS, useValue: settings },
    {
      provide: OptionsScopeCheck,
      inject: [DiscoveryService],
      useFactory: (discovery: DiscoveryService) => {
        placeHooks(discovery, OptionsScopeCheck, 'outermost');
        return new OptionsScopeCheck(discovery, MODULE_OPTIONS_TOKEN);
      },
    },
    {
      provide: ReqRepInstance,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: ReqRepModuleOptions) =>
        new ReqRepInstance(settings, resolveModuleOptions(options)),
    },
    {
      provide: SHARDS,
      inject: [ReqRepInstance],
      useFactory: ({ options }: Instance): Shards => openShards(name, options, log),
    },
    {
      provide: Engine,
      inject: [ReqRepInstance, SHARDS],
      useFactory: ({ options }: Instance, shards: Shards) =>
        new Engine({
          shards,
          options,
          log,
          name,
          reviveError: reviveHttpException,
        }),
    },
    { provide: getRequestClientToken(name), useExisting: CLIENT },
    { provide: getReplyWorkersToken(name), useExisting: WORKERS },
    {
      provide: CLIENT,
      inject: [ReqRepInstance, Engine, WORKERS],
      useFactory: ({ options }: Instance, engine: Engine, workers: ReplyWorkers) =>
        engine.createClient((queue) => workersHere(workers, options.workers, queue)),
    },
    {
      provide: WORKERS,
      inject: [Engine],
      useFactory: (engine: Engine) => engine.createWorkers(),
    },
    {
      provide: getQueueAdminToken(name),
      inject: [Engine],
      useFactory: (engine: Engine) => engine.createAdmin(),
    },
    {
      provide: getHealthToken(name),
      inject: [ReqRepInstance, Engine, WORKERS],
      useFactory: (
        { options }: Instance,
        { health }: Engine,
        workers: ReplyWorkers,
      ): InstanceHealth => ({ servers: health, workers, options }),
    },
    {
      provide: HTTP_ERRORS,
      inject: [ReqRepInstance, ApplicationConfig, HttpAdapterHost],
      useFactory: (
        { options: { reqRepHttpErrors } }: Instance,
        application: ApplicationConfig,
        adapter: HttpAdapterHost,
      ) => {
        const isThere = application.getGlobalFilters().some(isHttpErrorsFilter);
        if (reqRepHttpErrors && !isThere) {
          const given = reqRepHttpErrors === true ? {} : reqRepHttpErrors;
          application.addGlobalFilter(new ReqRepHttpErrors(adapter, given));
        }
        return reqRepHttpErrors;
      },
    },
    {
      provide: HandlerBinder,
      inject: [ExternalContextCreator, ApplicationConfig, ReqRepInstance],
      useFactory: (
        creator: ExternalContextCreator,
        application: ApplicationConfig,
        { options }: Instance,
      ) => new HandlerBinder(creator, new GlobalEnhancers(application, options.globalEnhancers)),
    },
    {
      provide: JobHandlerExplorer,
      inject: [ReqRepInstance, DiscoveryService, ModulesContainer, HandlerBinder],
      useFactory: (
        instance: Instance,
        discovery: DiscoveryService,
        modules: ModulesContainer,
        binder: HandlerBinder,
      ) => new JobHandlerExplorer(instance, discovery, modules, binder, log),
    },
    {
      provide: ReqRepLifecycle,
      inject: [
        ReqRepInstance,
        JobHandlerExplorer,
        CLIENT,
        WORKERS,
        Engine,
        WorkersLifecycle,
        DiscoveryService,
      ],
      useFactory: (
        { options }: Instance,
        explorer: JobHandlerExplorer,
        client: RequestClient,
        workers: ReplyWorkers,
        engine: Engine,
        workersLifecycle: WorkersLifecycle,
        discovery: DiscoveryService,
      ) => {
        placeHooks(discovery, ReqRepLifecycle, 'outermost');
        const closeAll = (): Promise<void> => workersLifecycle.closeAll();
        const { servers } = engine;
        const parts = { options, explorer, client, workers, servers, engine, log, closeAll };
        const lifecycle = new ReqRepLifecycle(parts);
        workersLifecycle.add(lifecycle);
        return lifecycle;
      },
    },
  ];
}
