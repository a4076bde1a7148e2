import type { ExitCode, ExitName } from './exit-codes.js';
import type { GlobalValues } from './global-options.js';
import type { Output } from './output.js';

/** An option of the command line. */
export interface CliOption {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
  /** The name of its value in the help, such as `MS`; left out for a boolean. */
  readonly value?: string;
  /** What it does, in a few words. */
  readonly help: string;
}

export type CliOptions = Readonly<Record<string, CliOption>>;

/** The values of the options that were given. A `multiple` option has an array. */
export type CliValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** One command. */
export interface Command {
  /** One or two words, such as `dead list`. */
  readonly name: string;
  /** What it expects behind its name: `QUEUE JSON`; `[QUEUE]` may be left out, `[QUEUE...]` may come often. */
  readonly operands: string;
  /** What it does, in a few words for the list of all commands. */
  readonly summary: string;
  /** What it does, in paragraphs. */
  readonly description: readonly string[];
  readonly options: CliOptions;
  /** Command lines, and what each does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Exit codes besides those of every command, with words of their own where the general ones say too little. */
  readonly exits: Partial<Record<ExitName, string | true>>;
  /** @throws UsageError, or an error of the library, whose `code` decides the exit code. */
  run(call: CommandCall): Promise<ExitCode>;
}

/** One call of a command. */
export interface CommandCall {
  readonly operands: readonly string[];
  readonly values: CliValues;
  readonly globals: GlobalValues;
  readonly out: Output;
  readonly stdin: NodeJS.ReadStream;
  /** Aborts on ctrl-C, SIGTERM, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
}
