import 'reflect-metadata';
import type { PipeTransform, Type } from '@nestjs/common';
import type { JobContext } from '../worker/job-context.js';

/** Where Nest keeps what parameter decorators say: `createParamDecorator` and the injector know no other key. */
export const DECORATED_PARAMETERS = '__routeArguments__';

/** Where the parameters of a method stand of which none takes data by a decorator. */
export const PLAIN_PARAMETERS = 'nestjs-reqrep:plain-parameters';

/** Where `@JobCtx` keeps its places: apart, so that no pipe runs on a job's context. */
const CONTEXT_PLACES = 'nestjs-reqrep:context-places';

/** Nest's numbers of what `@Payload()` and `@Ctx()` hand over; the first is that of `@Body()`, which pipes look at. */
const PAYLOAD = 3;
const CONTEXT = 6;

type Pipe = Type<PipeTransform> | PipeTransform;

/**
 * Hands the data of the job to a parameter, or one property of it.
 *
 * @param pipes - classes or objects, run on the value after those of the class and the method.
 * @example
 * ```ts
 * @OnJob('reports')
 * render(@JobData('id', ParseUUIDPipe) id: string, @JobCtx() job: JobContext) {}
 * ```
 */
export function JobData(...pipes: Pipe[]): ParameterDecorator;
export function JobData(property: string, ...pipes: Pipe[]): ParameterDecorator;
export function JobData(...given: (string | Pipe)[]): ParameterDecorator {
  const property = given.find((item) => typeof item === 'string');
  const pipes = given.filter((item) => typeof item !== 'string');
  return ({ constructor }, method, index) => {
    if (method !== undefined) {
      const others: unknown = Reflect.getOwnMetadata(DECORATED_PARAMETERS, constructor, method);
      const parameters = {
        ...(others as object | undefined),
        [`${PAYLOAD}:${index}`]: { index, data: property, pipes },
      };
      Reflect.defineMetadata(DECORATED_PARAMETERS, parameters, constructor, method);
    }
  };
}

/** Hands the {@link JobContext} to a parameter. No pipe runs on it. */
export function JobCtx(): ParameterDecorator {
  return ({ constructor }, method, index) => {
    if (method !== undefined) {
      const others: unknown = Reflect.getOwnMetadata(CONTEXT_PLACES, constructor, method) ?? [];
      const places = [...(others as number[]), index];
      Reflect.defineMetadata(CONTEXT_PLACES, places, constructor, method);
    }
  };
}

/** Says where the data of a method goes that has no decorator for it: to the first place that is not the context's. */
export function definePlainParameters(constructor: object, method: string | symbol): void {
  const places = contextPlaces(constructor, method);
  const index = [0, 1].find((place) => !places.includes(place)) ?? 0;
  const parameters = { [`${PAYLOAD}:${index}`]: { index, data: undefined, pipes: [] } };
  Reflect.defineMetadata(PLAIN_PARAMETERS, parameters, constructor, method);
}

/** The places of a method's parameters that take the context; a method without any decorator takes it second. */
export function contextPlaces(constructor: object, method: string | symbol): readonly number[] {
  return Reflect.getMetadata(CONTEXT_PLACES, constructor, method) ?? [];
}

/** Whether data goes to parameters by decorators. */
export const hasDecoratedParameters = (constructor: object, method: string): boolean =>
  Reflect.hasMetadata(DECORATED_PARAMETERS, constructor, method);

/** Finds what a parameter decorator asks for. */
export const jobParameters = {
  exchangeKeyForValue(
    type: number,
    property: unknown,
    [data, job]: [unknown, JobContext],
  ): unknown {
    if (type === CONTEXT) {
      return job;
    }
    if (type !== PAYLOAD) {
      return undefined;
    }
    return typeof property === 'string'
      ? (data as Record<string, unknown> | null)?.[property]
      : data;
  },
};
