/** Where Nest keeps what `@UseFilters` says. */
export const FILTERS = '__exceptionFilters__';

/** Where Nest keeps what `@UseGuards`, `@UsePipes`, `@UseInterceptors` and `@UseFilters` say. */
export const ENHANCERS: readonly string[] = [
  '__guards__',
  '__pipes__',
  '__interceptors__',
  FILTERS,
];
