import type { ApplicationConfig, ContextId, ExternalContextCreator } from '@nestjs/core';
import type { HandlerMethod, ProviderWrapper } from './handler-method.js';

/** The container of an application. */
export type NestContainer = Parameters<typeof ExternalContextCreator.fromContainer>[0];

/** What a pipeline is made of. */
export interface PipelineParts {
  readonly handler: HandlerMethod;
  /** The object whose method answers. */
  readonly host: object;
  readonly container: NestContainer;
  /** The application's enhancers that run on jobs. */
  readonly globalEnhancers: ApplicationConfig;
  /** Enhancers that Nest does not have in the module of the handler. */
  readonly createdEnhancers: ReadonlyMap<Function, ProviderWrapper>;
  /** That of one job, where the handler is made for each; absent = static. */
  readonly contextId?: ContextId | undefined;
}
