import type { PipeTransform, Type } from '@nestjs/common';

/** A pipe of a parameter: its class or an object. */
export type JobDataPipe = Type<PipeTransform> | PipeTransform;

/**
 * A schema as Zod, Valibot, ArkType and others make them (standardschema.dev). Validated is what it says, whatever else its
 * library can do.
 */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>;
  };
}

/** What a schema makes of a value: the value, or what is wrong with it. */
export type SchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** What is wrong with one part of a value. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What `@JobData` takes beside, or instead of, a property. */
export interface JobDataOptions {
  /** Validates the value, and may change it. What it refuses is a `BadRequestException` for the caller. */
  readonly schema?: StandardSchema | undefined;
  /** Pipes that run on the value, behind those of the class and the method. */
  readonly pipes?: readonly JobDataPipe[] | undefined;
}
