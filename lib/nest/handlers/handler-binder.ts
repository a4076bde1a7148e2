import {
  ContextIdFactory,
  type ApplicationConfig,
  type ContextId,
  type ExternalContextCreator,
} from '@nestjs/core';
import { REQUEST_CONTEXT_ID } from '@nestjs/core/router/request/request-constants.js';
import type { RunContext } from '../../worker/running/run-context.js';
import type { JobHandler } from '../../worker/worker-options.js';
import { createMissingEnhancers, isEnhanced } from '../pipeline/enhancers.js';
import type { GlobalEnhancers } from '../pipeline/global-enhancers.js';
import {
  callHandler,
  type HandlerMethod,
  type ProviderWrapper,
} from '../pipeline/handler-method.js';
import { createPipeline } from '../pipeline/job-pipeline.js';
import type { PipelineParts } from '../pipeline/pipeline-parts.js';
import { moduleRefOf, resolveScoped } from '../pipeline/resolve-scoped.js';

type Handle = JobHandler['handle'];

/** Binds a handler method to a function for the worker: the method itself where no guard, pipe, interceptor or filter applies. */
export class HandlerBinder {
  private readonly container: PipelineParts['container'];

  constructor(
    creator: ExternalContextCreator,
    private readonly globalEnhancers: GlobalEnhancers,
  ) {
    // Nest has no public API for the container, nor for a pipeline without the application's own enhancers.
    this.container = Reflect.get(creator, 'container');
  }

  async bind(handler: HandlerMethod): Promise<Handle> {
    const { wrapper } = handler;
    const createdEnhancers = await createMissingEnhancers(handler);
    const isScoped =
      wrapper.isTransient || !wrapper.isDependencyTreeStatic() || this.globalEnhancers.areScoped;
    return isScoped
      ? this.bindForEachJob(handler, createdEnhancers)
      : this.bindToInstance(
          wrapper.instance,
          handler,
          createdEnhancers,
          this.globalEnhancers.shared(),
        );
  }

  private bindToInstance(
    host: object,
    handler: HandlerMethod,
    createdEnhancers: PipelineParts['createdEnhancers'],
    globalEnhancers: ApplicationConfig,
    contextId?: ContextId,
  ): Handle {
    if (!isEnhanced(handler, globalEnhancers)) {
      return (data, job) => callHandler(host, handler.method, data, job);
    }
    return createPipeline({
      handler,
      host,
      createdEnhancers,
      globalEnhancers,
      contextId,
      container: this.container,
    });
  }

  /** Creates request-scoped providers anew for each job, as Nest's router does for each HTTP request. The job is the request. */
  private bindForEachJob(
    handler: HandlerMethod,
    createdEnhancers: PipelineParts['createdEnhancers'],
  ): Handle {
    const { wrapper } = handler;
    return async (data, job) => {
      const contextId = ContextIdFactory.getByRequest(job);
      // `ContextIdFactory.getByRequest(job)` finds the id here, and with it the instances of this job.
      Object.defineProperty(job, REQUEST_CONTEXT_ID, { value: contextId });
      moduleRefOf(wrapper).registerRequestByContextId(
        requestOf(wrapper, job, contextId),
        contextId,
      );
      const [host, globalEnhancers] = await Promise.all([
        resolveScoped<object>(wrapper, contextId),
        this.globalEnhancers.of(contextId),
      ]);
      // The job may have been aborted while the instances were created.
      job.throwIfAborted();
      return this.bindToInstance(
        host,
        handler,
        createdEnhancers,
        globalEnhancers,
        contextId,
      )(data, job);
    };
  }
}

/** Returns the object to inject as `REQUEST`: the job, or the payload of a durable sub-tree where a strategy names one. */
function requestOf(wrapper: ProviderWrapper, job: RunContext, { payload }: ContextId): unknown {
  if (wrapper.isDependencyTreeDurable()) {
    return payload ?? job;
  }
  for (const [name, value] of Object.entries(payload ?? {})) {
    if (!(name in job)) {
      Object.defineProperty(job, name, { value, enumerable: true });
    }
  }
  return job;
}
