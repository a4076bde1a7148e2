import { InvalidOptionError } from '../../errors/index.js';
import { describeValue } from '../../errors/value-text.js';
import { aName, expectedBy } from '../../options/option-rules.js';
import type { JobDataPipe, StandardSchema } from './job-data-options.js';

/** The arguments of one `@JobData`, checked and sorted. */
export interface JobDataParts {
  readonly data: string | undefined;
  readonly pipes: readonly JobDataPipe[];
  readonly schema: StandardSchema | undefined;
}

/**
 * Reads the arguments of a `@JobData`, which has the same signatures as Nest's `@Payload`.
 * @param where - names the parameter in errors.
 * @throws InvalidOptionError
 */
export function readJobData(given: readonly unknown[], where: string): JobDataParts {
  const [first, ...others] = given;
  const hasProperty = typeof first === 'string' || first === undefined || first === null;
  const [second, ...rest] = hasProperty ? others : given;
  const options = isOptions(second) ? second : {};
  const pipes = isOptions(second)
    ? [...pipesIn(options, where), ...rest]
    : hasProperty
      ? others
      : given;
  for (const pipe of pipes) {
    checkPipe(pipe, where);
  }
  if (typeof first === 'string' && !aName.accepts(first)) {
    refuse(`the property in ${where}`, expectedBy(aName, first), first);
  }
  return {
    data: typeof first === 'string' ? first : undefined,
    pipes: pipes as readonly JobDataPipe[],
    schema: schemaIn(options, where),
  };
}

function pipesIn({ pipes }: Readonly<Record<string, unknown>>, where: string): readonly unknown[] {
  if (pipes !== undefined && !Array.isArray(pipes)) {
    refuse(`pipes in ${where}`, 'an array of pipes', pipes);
  }
  return pipes ?? [];
}

function schemaIn(
  { schema, ...others }: Readonly<Record<string, unknown>>,
  where: string,
): StandardSchema | undefined {
  const unknown = Object.keys(others).find((name) => name !== 'pipes');
  if (unknown !== undefined) {
    throw new InvalidOptionError(
      `${unknown} in ${where}`,
      '`schema` or `pipes`',
      'an unknown name',
    );
  }
  if (schema !== undefined && !isSchema(schema)) {
    refuse(
      `schema in ${where}`,
      'a Standard Schema (one of Zod from 3.24, Valibot, ArkType or the like, with a `~standard`)',
      schema,
    );
  }
  return schema;
}

function checkPipe(pipe: unknown, where: string): void {
  if (isSchema(pipe)) {
    throw new InvalidOptionError(`a pipe in ${where}`, 'a pipe', 'a schema (write `{ schema }`)');
  }
  const isPipe =
    typeof pipe === 'function' ? pipe.prototype !== undefined : isFunction(pipe, 'transform');
  if (!isPipe) {
    refuse(
      `a pipe in ${where}`,
      'a class or an object with `transform()`, or `{ schema, pipes }` before all pipes',
      pipe,
    );
  }
}

function refuse(what: string, expected: string, received: unknown): never {
  throw new InvalidOptionError(what, expected, describeValue(received));
}

/** Distinguishes options from a pipe as Nest does. */
const isOptions = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !isFunction(value, 'transform') &&
  ('schema' in value || 'pipes' in value);

const isSchema = (value: unknown): value is StandardSchema =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  '~standard' in value &&
  isFunction(value['~standard'], 'validate');

const isFunction = (value: unknown, method: string): boolean =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function';
