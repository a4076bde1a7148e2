import * as nest from '@nestjs/common';
import { BadRequestException, type PipeTransform } from '@nestjs/common';
import type { SchemaIssue, StandardSchema } from './job-data-options.js';

/** Validates a value by a schema, for applications without Nest's own schema pipe, which Nest 11 does not have. */
export class SchemaPipe implements PipeTransform {
  constructor(private readonly schema: StandardSchema) {}

  /** @throws BadRequestException with the issues, in the format of Nest's own pipe. */
  async transform(value: unknown): Promise<unknown> {
    const result = await this.schema['~standard'].validate(value);
    if (result.issues) {
      throw new BadRequestException(result.issues.map(textOf));
    }
    return result.value;
  }
}

/** Whether one of the pipes is Nest's own schema pipe, which validates each parameter by its schema. */
export function includesNestSchemaPipe(pipes: readonly unknown[]): boolean {
  const known: unknown = Reflect.get(nest, 'StandardSchemaValidationPipe');
  return typeof known === 'function' && pipes.some((pipe) => pipe instanceof known);
}

const textOf = ({ message, path = [] }: SchemaIssue): string =>
  path.length === 0
    ? message
    : `${path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')}: ${message}`;
