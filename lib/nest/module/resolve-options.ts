import { OPTION_RULES, resolveOptions, type ResolvedOptions } from '../../core/resolve-options.js';
import { InvalidOptionError } from '../../errors/index.js';
import { aBoolean, checkOptions, oneOf, type OptionRules } from '../../options/option-rules.js';
import { isRecord } from '../../errors/value-text.js';
import { HTTP_ERRORS_RULES } from '../pipeline/http-errors.filter.js';
import type { ReqRepModuleOptions } from './reqrep.options.js';

/** The module's options, complete and checked. */
export type ResolvedModuleOptions = ResolvedOptions & {
  readonly workers: boolean | 'manual';
  readonly globalEnhancers: boolean;
} & Pick<ReqRepModuleOptions, 'reqRepHttpErrors'>;

const PLACE = 'the options of ReqRepModule';

const RULES: OptionRules<ReqRepModuleOptions> = {
  ...OPTION_RULES,
  workers: oneOf(true, false, 'manual'),
  globalEnhancers: aBoolean,
  reqRepHttpErrors: {
    expected: 'true, false or an object of its options',
    accepts: (value) => typeof value === 'boolean' || isRecord(value),
  },
};

/** @throws InvalidOptionError */
export function resolveModuleOptions(options: ReqRepModuleOptions): ResolvedModuleOptions {
  checkPlaceOfExtras(options);
  const resolved = resolveOptions(options, RULES, PLACE);
  const { workers = true, globalEnhancers = false, reqRepHttpErrors } = options;
  if (isRecord(reqRepHttpErrors)) {
    checkOptions(reqRepHttpErrors, HTTP_ERRORS_RULES, `reqRepHttpErrors in ${PLACE}`);
  }
  return { ...resolved, workers, globalEnhancers, reqRepHttpErrors };
}

/** Rejects `name` and `isGlobal` in the result of a factory: the module is defined before the factory is called. */
function checkPlaceOfExtras(options: object | undefined): void {
  const misplaced = ['name', 'isGlobal'].find((name) => Object.hasOwn(options ?? {}, name));
  if (misplaced !== undefined) {
    throw new InvalidOptionError(
      `${misplaced} of ReqRepModule`,
      'next to `useFactory`, `useClass` or `useExisting`',
      'it in the object that they return',
    );
  }
}
