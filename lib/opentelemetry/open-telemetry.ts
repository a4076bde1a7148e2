import { metrics, trace } from '@opentelemetry/api';
import { isRecord } from '../errors/value-text.js';
import {
  aBoolean,
  aFunction,
  checkOptions,
  type OptionRule,
  type OptionRules,
} from '../options/option-rules.js';
import type { CallMessage } from '../telemetry/call-message.js';
import type { ReqRepEvent } from '../telemetry/events.js';
import type { JobMessage } from '../telemetry/job-message.js';
import type { ObservedInstance, Telemetry } from '../telemetry/telemetry.js';
import { SCHEMA_URL, SYSTEM } from './attribute-names.js';
import { beginCall } from './calls.js';
import { countEvent } from './events.js';
import { Gauges } from './gauges.js';
import { createInstruments } from './instruments.js';
import { beginJob } from './jobs.js';
import { Labels } from './labels.js';
import type { OpenTelemetryOptions } from './open-telemetry-options.js';
import type { TelemetryParts } from './telemetry-parts.js';

const SCOPE = { schemaUrl: SCHEMA_URL };

const aProvider = (method: string): OptionRule => ({
  expected: `a provider with the method ${method}`,
  accepts: (value) =>
    isRecord(value) && typeof (value as Record<string, unknown>)[method] === 'function',
});

const RULES: OptionRules<OpenTelemetryOptions> = {
  queueName: aFunction,
  tracerProvider: aProvider('getTracer'),
  meterProvider: aProvider('getMeter'),
  traces: aBoolean,
  metrics: aBoolean,
};

/**
 * Makes spans and metrics of calls and jobs, for the option `telemetry`. One object may serve all instances of a process.
 *
 * @throws InvalidOptionError
 * @example
 * ```ts
 * ReqRepModule.forRoot({ telemetry: openTelemetry() })
 * ```
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Telemetry {
  checkOptions(options, RULES, 'the options of openTelemetry');
  return new OpenTelemetry(options);
}

class OpenTelemetry implements Telemetry {
  private readonly parts: TelemetryParts;
  private gauges: Gauges | undefined;

  constructor(private readonly options: OpenTelemetryOptions) {
    const { queueName, tracerProvider = trace, traces = true } = options;
    this.parts = {
      tracer: traces ? tracerProvider.getTracer(SYSTEM, undefined, SCOPE) : undefined,
      labels: new Labels(queueName),
      instruments: undefined,
    };
  }

  callBegins(call: CallMessage): (call: CallMessage) => void {
    return beginCall(this.parts, call);
  }

  jobBegins(job: JobMessage, run: () => void): (job: JobMessage) => void {
    return beginJob(this.parts, job, run);
  }

  happened(event: ReqRepEvent): void {
    const { instruments, labels } = this.parts;
    if (instruments) {
      countEvent(event, instruments, labels);
    }
  }

  opened(instance: ObservedInstance): (() => void) | undefined {
    const gauges = this.options.metrics === false ? undefined : this.startMetrics();
    gauges?.add(instance);
    return gauges && (() => gauges.remove(instance));
  }

  /** Makes the instruments, not before the first instance: what was registered later than a meter was made would stay unused. */
  private startMetrics(): Gauges {
    if (!this.gauges) {
      const { meterProvider = metrics } = this.options;
      const meter = meterProvider.getMeter(SYSTEM, undefined, SCOPE);
      this.parts.instruments = createInstruments(meter);
      this.gauges = new Gauges(meter, this.parts.labels);
    }
    return this.gauges;
  }
}
