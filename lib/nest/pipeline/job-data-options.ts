import type { PipeTransform, Type } from '@nestjs/common';

/** A pipe of a parameter: a class, which Nest makes an object of, or an object. */
export type JobDataPipe = Type<PipeTransform> | PipeTransform;

/** A schema in the form that Zod, Valibot, ArkType and other libraries share (standardschema.dev). */
export interface StandardSchema {
  /** The schema itself. */
  readonly '~standard': {
    /** The version of the standard. */
    readonly version: 1;
    /** The name of the library that the schema is of. */
    readonly vendor: string;
    /** Validates a value, and may change it. */
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>;
  };
}

/** The result of a validation by a schema: the value, which may be another one, or its mistakes. */
export type SchemaResult =
  | {
      /** The value, as the schema has changed it. */
      readonly value: unknown;
      /** Left out where the value is right. */
      readonly issues?: undefined;
    }
  | {
      /** The mistakes of the value. */
      readonly issues: readonly SchemaIssue[];
    };

/** A mistake in one part of a value. */
export interface SchemaIssue {
  /** The mistake in words. */
  readonly message: string;
  /** The path to the part. */
  readonly path?:
    | readonly (
        | PropertyKey
        | {
            /** The name of a property, or a place in an array. */
            readonly key: PropertyKey;
          }
      )[]
    | undefined;
}

/** The options of `@JobData`, next to or in place of a property. */
export interface JobDataOptions {
  /** Validates the value, and may change it. A value that the schema refuses ends the job with a `BadRequestException`. */
  readonly schema?: StandardSchema | undefined;
  /** Pipes that run on the value, after those of the class and the method. */
  readonly pipes?: readonly JobDataPipe[] | undefined;
}
