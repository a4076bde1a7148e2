import type { CanActivate, ModuleMetadata, NestMiddleware, Type } from '@nestjs/common';
import { propertyOf } from '../../errors/error-text.js';
import { isRecord } from '../../errors/value-text.js';
import {
  aBoolean,
  aFunction,
  aName,
  anArrayOf,
  checkOptions,
  type OptionRule,
  type OptionRules,
} from '../../options/option-rules.js';

/** The options of `ReqRepDashboardModule.forRoot`. Each has a default. */
export interface ReqRepDashboardOptions {
  /**
   * The path of the page, below the global prefix of the application.
   * @default '/queues'
   */
  readonly path?: string | undefined;
  /**
   * Whether the dashboard refuses to change anything: it pauses no queues, and retries and removes nothing.
   * @default false
   */
  readonly readOnly?: boolean | undefined;
  /**
   * Guards of the page and of all that it asks, as in `@UseGuards`: classes, or guards that are made already. Whoever they let through sees
   * the data of jobs, and may remove jobs unless `readOnly` is set.
   * @default none: put something else in front
   */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[] | undefined;
  /**
   * Middleware of the page and of all that it asks, such as a session; it runs before the guards. Classes, or functions as Express knows
   * them, which Nest calls on Fastify, too.
   * @default none
   */
  readonly middleware?:
    readonly (Type<NestMiddleware> | ((...given: never[]) => unknown))[] | undefined;
  /**
   * The `name` of the instance of `ReqRepModule` whose queues the dashboard shows.
   * @default the instance without a name
   */
  readonly instance?: string | undefined;
  /**
   * Modules that provide what the guards and the middleware inject.
   * @default none
   */
  readonly imports?: ModuleMetadata['imports'] | undefined;
}

/** Where the page is unless an option says so. @internal */
export const DEFAULT_PATH = '/queues';

/** What the messages call the call. @internal */
export const FOR_ROOT = 'ReqRepDashboardModule.forRoot';

const aPath: OptionRule = {
  expected: 'a path without parameters and wildcards, such as "/queues"',
  accepts: (value) => typeof value === 'string' && /^\/?[\w.~-]+(\/[\w.~-]+)*\/?$/.test(value),
};

const aGuard: OptionRule = {
  expected: 'a guard: a class, or an object with the method canActivate',
  accepts: (value) =>
    typeof value === 'function' || typeof propertyOf(value, 'canActivate') === 'function',
};

const RULES: OptionRules<ReqRepDashboardOptions> = {
  path: aPath,
  readOnly: aBoolean,
  guards: anArrayOf('an array of guards', aGuard),
  middleware: anArrayOf('an array of middleware', {
    expected: 'a class or a function',
    accepts: aFunction.accepts,
  }),
  instance: aName,
  imports: anArrayOf('an array of modules', {
    expected: 'a module',
    accepts: (value) => typeof value === 'function' || isRecord(value),
  }),
};

/** @throws InvalidOptionError @internal */
export const checkDashboardOptions = (options: ReqRepDashboardOptions): void =>
  checkOptions(options, RULES, `the options of ${FOR_ROOT}`);
