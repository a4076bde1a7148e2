import type { Telemetry } from 'nestjs-reqrep';
import { SampleError } from '../sample.error.js';

const OPTION = '--trace';

/** The variable that tells this process, and the worker processes that it starts, to make spans. */
const VARIABLE = 'SAMPLE_TRACE';

/** Reads whether the command line asks for traces, for this process and its workers. @throws SampleError for another argument */
export function readTraceOption(args: readonly string[]): void {
  const unknown = args.find((arg) => arg !== OPTION);
  if (unknown !== undefined) {
    throw new SampleError(
      `"${unknown}" is unknown. The only argument is ${OPTION}: npm start -- ${OPTION}`,
    );
  }
  process.env[VARIABLE] = args.length > 0 ? 'yes' : 'no';
}

/** Whether this process makes spans. */
export const isTracing = (): boolean => process.env[VARIABLE] === 'yes';

/** Makes what the library tells of its calls and jobs; without traces, nothing of OpenTelemetry is even loaded. */
export async function telemetryOfSample(): Promise<Telemetry | undefined> {
  if (!isTracing()) {
    return undefined;
  }
  const { openTelemetry } = await import('nestjs-reqrep/opentelemetry');
  return openTelemetry({ metrics: false });
}
