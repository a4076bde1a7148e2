import 'reflect-metadata';
import { InvalidOptionError } from '../../errors/index.js';
import { describeValue } from '../../errors/value-text.js';
import type { JobContext } from '../../worker/running/job-context.js';
import { checkParentheses, placeOfDecorator } from './decorator-place.js';
import type { JobDataOptions, JobDataPipe, StandardSchema } from './job-data-options.js';
import { readJobData } from './read-job-data.js';

/** Metadata key of Nest for parameter decorators: `createParamDecorator` and the injector use no other. */
const DECORATED_PARAMETERS_KEY = '__routeArguments__';

/** Metadata key of the parameters with `@JobCtx`: another key than Nest's, so that no pipe runs on a job's context. */
const CONTEXT_INDEXES_KEY = 'nestjs-reqrep:context-indexes';

/** Metadata key under which `@OnJob` stores, in Nest's form, what the parameters of its method take. @internal */
export const JOB_PARAMETERS_KEY = 'nestjs-reqrep:parameters';

/** Metadata key under which `@OnJob` stores the indexes of the parameters that take the context of the job. */
const JOB_CONTEXT_INDEXES_KEY = 'nestjs-reqrep:job-context-indexes';

/** Nest's numbers for the parameters of `@Payload()` and `@Ctx()`. The first is also that of `@Body()`, which pipes check. */
const PAYLOAD_PARAMETER_TYPE = 3;
const CONTEXT_PARAMETER_TYPE = 6;

/**
 * Gives a parameter of a method under `@OnJob` the data of the job.
 *
 * @param pipes - Classes or objects, which run on the value after the pipes of the class and the method.
 * @throws {@link InvalidOptionError} for a pipe that is not one, and anywhere but on a parameter of a method.
 * @example
 * ```ts
 * @OnJob('reports')
 * render(@JobData('id', ParseUUIDPipe) id: string, @JobCtx() job: JobContext) {}
 *
 * @OnJob('orders')
 * place(@JobData({ schema: z.object({ amount: z.number() }) }) order: Order) {}
 * ```
 */
export function JobData(...pipes: JobDataPipe[]): ParameterDecorator;
/**
 * Gives a parameter the data of the job, validated by a schema.
 *
 * @param options - The schema and pipes.
 * @param pipes - Classes or objects, which run on the value after the pipes among the options.
 */
export function JobData(options: JobDataOptions, ...pipes: JobDataPipe[]): ParameterDecorator;
/**
 * Gives a parameter one property of the data.
 *
 * @param property - The name of the property. `undefined` = the whole data.
 * @param pipes - Classes or objects, which run on the value after the pipes of the class and the method.
 */
export function JobData(property: string | undefined, ...pipes: JobDataPipe[]): ParameterDecorator;
/**
 * Gives a parameter one property of the data, validated by a schema.
 *
 * @param property - The name of the property. `undefined` = the whole data.
 * @param options - The schema and pipes.
 * @param pipes - Classes or objects, which run on the value after the pipes among the options.
 */
export function JobData(
  property: string | undefined,
  options: JobDataOptions,
  ...pipes: JobDataPipe[]
): ParameterDecorator;
export function JobData(...given: unknown[]): ParameterDecorator {
  // A class alone is a pipe.
  checkParentheses('@JobData', given.length === 1 ? [] : given, '@JobData()');
  return (target, method, index) => {
    const name = checkParameter('@JobData', target, method, index);
    const parameter = { index, ...readJobData(given, `@JobData on ${name}`) };
    const { constructor } = target;
    const others = ownMetadata<object>(DECORATED_PARAMETERS_KEY, constructor, method ?? '');
    const parameters = { ...others, [`${PAYLOAD_PARAMETER_TYPE}:${index}`]: parameter };
    Reflect.defineMetadata(DECORATED_PARAMETERS_KEY, parameters, constructor, method ?? '');
  };
}

/**
 * Gives a parameter of a method under `@OnJob` the {@link JobContext}. No pipe runs on it.
 *
 * @throws {@link InvalidOptionError} for an argument, and anywhere but on a parameter of a method.
 */
export function JobCtx(...given: never[]): ParameterDecorator {
  checkParentheses('@JobCtx', given, '@JobCtx()');
  return (target, method, index) => {
    const name = checkParameter('@JobCtx', target, method, index);
    if (given.length > 0) {
      throw new InvalidOptionError(
        `@JobCtx on ${name}`,
        'without arguments, because it passes the whole context',
        describeValue(given[0]),
      );
    }
    const { constructor } = target;
    const indexes = [
      ...(ownMetadata<number[]>(CONTEXT_INDEXES_KEY, constructor, method ?? '') ?? []),
      index,
    ];
    Reflect.defineMetadata(CONTEXT_INDEXES_KEY, indexes, constructor, method ?? '');
  };
}

/**
 * Checks that a decorator is on a parameter of a method.
 * @returns the name of the parameter for errors.
 * @throws InvalidOptionError
 */
function checkParameter(decorator: string, ...given: readonly unknown[]): string {
  const { kind, text } = placeOfDecorator(decorator, given);
  if (kind !== 'parameter') {
    throw new InvalidOptionError(decorator, 'on a parameter of an instance method', text);
  }
  return text;
}

/** One decorated parameter in Nest's form. */
interface Parameter {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes?: readonly unknown[];
  readonly schema?: StandardSchema | undefined;
}

/**
 * Determines what each parameter of a method under `@OnJob` takes. If no decorator takes data, the first parameter without a
 * decorator takes the data; if there is no decorator at all, the second parameter takes the context.
 * @internal
 */
export function defineJobParameters(constructor: object, method: string | symbol): void {
  const decorated =
    ownMetadata<Record<string, Parameter>>(DECORATED_PARAMETERS_KEY, constructor, method) ?? {};
  const contextIndexes = ownMetadata<number[]>(CONTEXT_INDEXES_KEY, constructor, method) ?? [];
  const taken = [...contextIndexes, ...Object.values(decorated).map(({ index }) => index)];
  const takesData = Object.keys(decorated).some((key) =>
    key.startsWith(`${PAYLOAD_PARAMETER_TYPE}:`),
  );
  let free = 0;
  while (taken.includes(free)) {
    free++;
  }
  const parameters = takesData
    ? decorated
    : {
        ...decorated,
        [`${PAYLOAD_PARAMETER_TYPE}:${free}`]: { index: free, data: undefined, pipes: [] },
      };
  Reflect.defineMetadata(JOB_PARAMETERS_KEY, parameters, constructor, method);
  const takeContext = taken.length > 0 ? contextIndexes : [1];
  Reflect.defineMetadata(JOB_CONTEXT_INDEXES_KEY, takeContext, constructor, method);
}

/**
 * Checks that each parameter of a method has a decorator.
 * @param route - names the `@OnJob` of the method in errors.
 * @throws InvalidOptionError
 * @internal
 */
export function checkDecorated(
  route: string,
  { length }: Function,
  constructor: object,
  method: string,
): void {
  const decorated =
    ownMetadata<Record<string, Parameter>>(DECORATED_PARAMETERS_KEY, constructor, method) ?? {};
  const contextIndexes = ownMetadata<number[]>(CONTEXT_INDEXES_KEY, constructor, method) ?? [];
  const filled = new Set([
    ...contextIndexes,
    ...Object.values(decorated).map(({ index }) => index),
  ]);
  const bare = Array.from({ length }, (_, index) => index).find((index) => !filled.has(index));
  if (bare !== undefined) {
    throw new InvalidOptionError(
      `parameter ${bare + 1} of the method "${method}" with ${route}`,
      "decorated, such as with @JobData or @JobCtx, because of `parameters: 'decorated'`",
      'no decorator',
    );
  }
}

/** @returns the indexes of a method's parameters that take the context of the job. @internal */
export const contextIndexes = (constructor: object, method: string): readonly number[] =>
  Reflect.getMetadata(JOB_CONTEXT_INDEXES_KEY, constructor, method) ?? [];

/** Whether a method takes `(data, job)` unchanged, so that it can be called without Nest's pipeline. @internal */
export const takesDataAndJob = (constructor: object, method: string): boolean =>
  Object.values(parametersOf(constructor, method)).every(
    ({ index, data, pipes = [], schema }) =>
      index === 0 && data === undefined && pipes.length === 0 && schema === undefined,
  ) && contextIndexes(constructor, method).every((index) => index === 1);

/** @returns the pipes of a method's parameters. @internal */
export const parameterPipes = (constructor: object, method: string): readonly unknown[] =>
  Object.values(parametersOf(constructor, method)).flatMap(({ pipes = [] }) => pipes);

/** @returns the schema of the parameter at an index, by which the data is validated. @internal */
export const schemaOf = (
  constructor: object,
  method: string,
  position: number,
): StandardSchema | undefined =>
  Object.entries(parametersOf(constructor, method)).find(
    ([key, { index }]) => key.startsWith(`${PAYLOAD_PARAMETER_TYPE}:`) && index === position,
  )?.[1].schema;

const parametersOf = (constructor: object, method: string): Readonly<Record<string, Parameter>> =>
  Reflect.getMetadata(JOB_PARAMETERS_KEY, constructor, method) ?? {};

/** @returns metadata of this class, without that of the classes that it extends. */
const ownMetadata = <Value>(
  key: string,
  constructor: object,
  method: string | symbol,
): Value | undefined => Reflect.getOwnMetadata(key, constructor, method);

/** Returns the argument for a decorated parameter, in the form that Nest calls. @internal */
export const jobParameters = {
  exchangeKeyForValue(
    type: number,
    property: unknown,
    [data, job]: [unknown, JobContext],
  ): unknown {
    if (type === CONTEXT_PARAMETER_TYPE) {
      return job;
    }
    if (type !== PAYLOAD_PARAMETER_TYPE) {
      return undefined;
    }
    return typeof property === 'string'
      ? (data as Record<string, unknown> | null)?.[property]
      : data;
  },
};
