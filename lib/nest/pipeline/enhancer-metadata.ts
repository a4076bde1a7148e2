/** Where Nest keeps what `@UseFilters` says. */
export const FILTERS_KEY = '__exceptionFilters__';

/** Where Nest keeps what `@UseGuards`, `@UsePipes`, `@UseInterceptors` and `@UseFilters` say. */
export const ENHANCER_KEYS: readonly string[] = [
  '__guards__',
  '__pipes__',
  '__interceptors__',
  FILTERS_KEY,
];
