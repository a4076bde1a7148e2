import { ApplicationConfig, type ContextId } from '@nestjs/core';
import { isHttpErrorsFilter } from './http-errors.filter.js';
import { resolveAll } from './resolve-scoped.js';

/** Selects the global guards, pipes, interceptors and filters that run on jobs. */
export class GlobalEnhancers {
  constructor(
    private readonly application: ApplicationConfig,
    /** Whether any of them run on jobs: most global guards are written for HTTP. */
    private readonly isEnabled: boolean,
  ) {}

  /** Whether some are request-scoped, so that Nest creates them for each job. */
  get areScoped(): boolean {
    const { application } = this;
    return (
      this.isEnabled &&
      [
        application.getGlobalRequestGuards(),
        application.getGlobalRequestPipes(),
        application.getGlobalRequestInterceptors(),
        application.getGlobalRequestFilters(),
      ].some(({ length }) => length > 0)
    );
  }

  /** Returns the singletons. */
  shared(): ApplicationConfig {
    const { application } = this;
    const enhancers = new ApplicationConfig();
    if (this.isEnabled) {
      enhancers.useGlobalGuards(...application.getGlobalGuards());
      enhancers.useGlobalPipes(...application.getGlobalPipes());
      enhancers.useGlobalInterceptors(...application.getGlobalInterceptors());
      const filters = application.getGlobalFilters();
      // ReqRepHttpErrors is for HTTP only, and would slow down each job.
      enhancers.useGlobalFilters(...filters.filter((filter) => !isHttpErrorsFilter(filter)));
    }
    return enhancers;
  }

  /** Returns the singletons and the request-scoped enhancers of one job. */
  async of(contextId: ContextId): Promise<ApplicationConfig> {
    const enhancers = this.shared();
    if (this.areScoped) {
      const { application } = this;
      const [guards, pipes, interceptors, filters] = await Promise.all([
        resolveAll(application.getGlobalRequestGuards(), contextId),
        resolveAll(application.getGlobalRequestPipes(), contextId),
        resolveAll(application.getGlobalRequestInterceptors(), contextId),
        resolveAll(application.getGlobalRequestFilters(), contextId),
      ]);
      enhancers.useGlobalGuards(...guards);
      enhancers.useGlobalPipes(...pipes);
      enhancers.useGlobalInterceptors(...interceptors);
      enhancers.useGlobalFilters(...filters);
    }
    return enhancers;
  }
}
