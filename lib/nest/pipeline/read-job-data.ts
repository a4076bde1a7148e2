import { InvalidOptionError } from '../../errors/index.js';
import { describeValue } from '../../errors/value-text.js';
import { aName, expectedBy } from '../../options/option-rules.js';
import type { JobDataPipe, StandardSchema } from './job-data-options.js';

/** Everything that one `@JobData` says. */
export interface JobDataParts {
  readonly data: string | undefined;
  readonly pipes: readonly JobDataPipe[];
  readonly schema: StandardSchema | undefined;
}

/**
 * Reads the arguments of a `@JobData`, which are those of Nest's `@Payload`.
 * @param place - the parameter, as an error names it.
 * @throws InvalidOptionError
 */
export function readJobData(given: readonly unknown[], place: string): JobDataParts {
  const [first, ...others] = given;
  const hasProperty = typeof first === 'string' || first === undefined || first === null;
  const [second, ...behind] = hasProperty ? others : given;
  const options = isOptions(second) ? second : {};
  const pipes = isOptions(second)
    ? [...pipesIn(options, place), ...behind]
    : hasProperty
      ? others
      : given;
  for (const pipe of pipes) {
    checkPipe(pipe, place);
  }
  if (typeof first === 'string' && !aName.accepts(first)) {
    refuse(`the property in ${place}`, expectedBy(aName, first), first);
  }
  return {
    data: typeof first === 'string' ? first : undefined,
    pipes: pipes as readonly JobDataPipe[],
    schema: schemaIn(options, place),
  };
}

function pipesIn({ pipes }: Readonly<Record<string, unknown>>, place: string): readonly unknown[] {
  if (pipes !== undefined && !Array.isArray(pipes)) {
    refuse(`pipes in ${place}`, 'an array of pipes', pipes);
  }
  return pipes ?? [];
}

function schemaIn(
  { schema, ...others }: Readonly<Record<string, unknown>>,
  place: string,
): StandardSchema | undefined {
  const unknown = Object.keys(others).find((name) => name !== 'pipes');
  if (unknown !== undefined) {
    throw new InvalidOptionError(
      `${unknown} in ${place}`,
      '`schema` or `pipes`',
      'an unknown name',
    );
  }
  if (schema !== undefined && !isSchema(schema)) {
    refuse(
      `schema in ${place}`,
      'a Standard Schema (one of Zod from 3.24, Valibot, ArkType or the like, with a `~standard`)',
      schema,
    );
  }
  return schema;
}

function checkPipe(pipe: unknown, place: string): void {
  if (isSchema(pipe)) {
    throw new InvalidOptionError(`a pipe in ${place}`, 'a pipe', 'a schema (write `{ schema }`)');
  }
  const isPipe =
    typeof pipe === 'function' ? pipe.prototype !== undefined : isFunction(pipe, 'transform');
  if (!isPipe) {
    refuse(
      `a pipe in ${place}`,
      'a class or an object with `transform()`, or `{ schema, pipes }` before all pipes',
      pipe,
    );
  }
}

function refuse(what: string, expected: string, received: unknown): never {
  throw new InvalidOptionError(what, expected, describeValue(received));
}

/** As Nest tells options from a pipe. */
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
