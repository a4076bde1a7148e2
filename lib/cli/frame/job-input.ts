import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { messageOf } from '../../errors/error-text.js';
import type { CliOptions, CliValues, CommandCall } from './command.js';
import { textsOf } from './option-values.js';
import { UsageError } from './usage-error.js';

/** Options of the commands that push a job. */
export const JOB_OPTIONS: CliOptions = {
  header: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    help: 'a header of the job; may be given several times',
  },
  'require-worker': {
    type: 'boolean',
    help: 'fail at once where no live worker serves the queue',
  },
};

/** Reads the data of a job from the argument JSON, or from stdin where that is `-`. @throws UsageError */
export async function readData(
  json: string,
  { stdin, signal }: Pick<CommandCall, 'stdin' | 'signal'>,
): Promise<unknown> {
  const given = json === '-' ? await text(addAbortSignal(signal, stdin)) : json;
  try {
    return JSON.parse(given);
  } catch (error) {
    const place = json === '-' ? 'stdin' : 'the argument JSON';
    throw new UsageError(
      `Expected ${place} to be JSON, such as '{"id":1}' or '"text"': ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Reads the headers of a job. @throws UsageError */
export function headersIn(values: CliValues): Record<string, string> {
  return Object.fromEntries(
    textsOf(values, 'header').map((header) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(header) ?? [];
      if (name === undefined || value === undefined) {
        throw new UsageError(`Expected --header to be NAME=VALUE, such as --header tenant=acme`);
      }
      return [name, value];
    }),
  );
}
