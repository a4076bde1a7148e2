import type { PipeTransform, Type } from '@nestjs/common';

/** A pipe of a parameter: a class, which Nest makes an object of, or an object. */
export type JobDataPipe = Type<PipeTransform> | PipeTransform;

/** A schema in the form that Zod, Valibot, ArkType and other libraries share (standardschema.dev). */
export interface StandardSchema {
  /** The schema itself. */
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>;
  };
}

/** What a schema makes of a value: another value, or what is wrong with it. */
export type SchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** What is wrong with one part of a value. */
export interface SchemaIssue {
  /** What is wrong, in words. */
  readonly message: string;
  /** Where in the value it is wrong. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The options of `@JobData`, next to or in place of a property. */
export interface JobDataOptions {
  /** Validates the value, and may change it. A value that the schema refuses ends the job with a `BadRequestException`. */
  readonly schema?: StandardSchema | undefined;
  /** Pipes that run on the value, after those of the class and the method. */
  readonly pipes?: readonly JobDataPipe[] | undefined;
}
