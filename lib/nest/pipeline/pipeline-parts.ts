import type { ApplicationConfig, ContextId, ExternalContextCreator } from '@nestjs/core';
import type { HandlerMethod, ProviderWrapper } from './handler-method.js';

/** The container of an application. */
export type NestContainer = Parameters<typeof ExternalContextCreator.fromContainer>[0];

/** The parts of a pipeline. */
export interface PipelineParts {
  readonly handler: HandlerMethod;
  /** The object whose method handles the job. */
  readonly host: object;
  readonly container: NestContainer;
  /** The global enhancers of the application that run on jobs. */
  readonly globalEnhancers: ApplicationConfig;
  /** Enhancers that Nest has not created in the module of the handler, by class. */
  readonly createdEnhancers: ReadonlyMap<Function, ProviderWrapper>;
  /** The context of one job, where the handler is request-scoped; `undefined` for a singleton. */
  readonly contextId?: ContextId | undefined;
}
