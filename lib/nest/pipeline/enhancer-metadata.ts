/** Metadata key of Nest for `@UseFilters`. */
export const FILTERS_KEY = '__exceptionFilters__';

/** Metadata keys of Nest for `@UseGuards`, `@UsePipes`, `@UseInterceptors` and `@UseFilters`. */
export const ENHANCER_KEYS: readonly string[] = [
  '__guards__',
  '__pipes__',
  '__interceptors__',
  FILTERS_KEY,
];
