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

/** Makes of a method what the worker calls: the method itself where nothing stands between it and a job. */
export class HandlerBinder {
  private readonly container: PipelineParts['container'];

  constructor(
    creator: ExternalContextCreator,
    private readonly globalEnhancers: GlobalEnhancers,
  ) {
    // Nest has no public way to it, nor to a pipeline without the application's enhancers.
    this.container = Reflect.get(creator, 'container');
  }

  async bind(handler: HandlerMethod): Promise<Handle> {
    const { wrapper } = handler;
    const made = await createMissingEnhancers(handler);
    const isScoped =
      wrapper.isTransient || !wrapper.isDependencyTreeStatic() || this.globalEnhancers.areScoped;
    return isScoped
      ? this.bindForEachJob(handler, made)
      : this.bindTo(wrapper.instance, handler, made, this.globalEnhancers.shared());
  }

  private bindTo(
    host: object,
    handler: HandlerMethod,
    made: PipelineParts['made'],
    globals: ApplicationConfig,
    contextId?: ContextId,
  ): Handle {
    if (!isEnhanced(handler, globals)) {
      return (data, job) => callHandler(host, handler.method, data, job);
    }
    return createPipeline({ handler, host, made, globals, contextId, container: this.container });
  }

  /** As Nest's router does it for a request: what is request-scoped is made anew, with the job as the request. */
  private bindForEachJob(handler: HandlerMethod, made: PipelineParts['made']): Handle {
    const { wrapper } = handler;
    return async (data, job) => {
      const contextId = ContextIdFactory.getByRequest(job);
      // By this, whoever has the job finds what was made for it.
      Object.defineProperty(job, REQUEST_CONTEXT_ID, { value: contextId });
      moduleRefOf(wrapper).registerRequestByContextId(
        requestOf(wrapper, job, contextId),
        contextId,
      );
      const [host, globals] = await Promise.all([
        resolveScoped<object>(wrapper, contextId),
        this.globalEnhancers.of(contextId),
      ]);
      // What was made may have taken as long as it liked.
      job.throwIfAborted();
      return this.bindTo(host, handler, made, globals, contextId)(data, job);
    };
  }
}

/** What is injected as `REQUEST`: the job, or where a strategy says so what a durable sub-tree is made for. */
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
