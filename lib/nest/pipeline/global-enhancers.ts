import { ApplicationConfig, type ContextId } from '@nestjs/core';
import { isHttpErrorsFilter } from './http-errors.filter.js';
import { resolveAll } from './resolve-scoped.js';

/** The guards, pipes, interceptors and filters of the whole application, as far as they run on jobs. */
export class GlobalEnhancers {
  constructor(
    private readonly application: ApplicationConfig,
    /** Whether they run on jobs at all: an application's guards are written for HTTP more often than not. */
    private readonly isEnabled: boolean,
  ) {}

  /** Whether there are any that are made for each job. */
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

  /** Those that are made once. */
  shared(): ApplicationConfig {
    const { application } = this;
    const enhancers = new ApplicationConfig();
    if (this.isEnabled) {
      enhancers.useGlobalGuards(...application.getGlobalGuards());
      enhancers.useGlobalPipes(...application.getGlobalPipes());
      enhancers.useGlobalInterceptors(...application.getGlobalInterceptors());
      const filters = application.getGlobalFilters();
      // Ours is for HTTP, and would only cost each job something.
      enhancers.useGlobalFilters(...filters.filter((filter) => !isHttpErrorsFilter(filter)));
    }
    return enhancers;
  }

  /** Those that are made once, and those that are made for one job. */
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
