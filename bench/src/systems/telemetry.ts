import { tracingChannel } from 'node:diagnostics_channel';
import { context, propagation } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace-base';
import { JOB_CHANNEL, REQUEST_CHANNEL, type Telemetry } from 'nestjs-reqrep';
import { openTelemetry } from 'nestjs-reqrep/opentelemetry';

/** Takes spans and drops them, so that what it costs to send them is not measured. */
const dropped = {
  export: (_spans: unknown, done: (result: { code: number }) => void): void => done({ code: 0 }),
  shutdown: (): Promise<void> => Promise.resolve(),
};

/** The SDK, as an application starts it, with metrics that nobody reads. Called in the processes of its system only. */
export function startOpenTelemetry(sampler: Sampler): Telemetry {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const tracerProvider = new BasicTracerProvider({
    sampler: new ParentBasedSampler({ root: sampler }),
    spanProcessors: [new BatchSpanProcessor(dropped)],
  });
  return openTelemetry({ tracerProvider, meterProvider: new MeterProvider() });
}

export const SAMPLERS = {
  off: (): Sampler => new AlwaysOffSampler(),
  '1': (): Sampler => new TraceIdRatioBasedSampler(0.01),
  on: (): Sampler => new AlwaysOnSampler(),
} as const;

/** Opens the diagnostics channels, to which nobody listens. */
export function openChannels(): void {
  tracingChannel(REQUEST_CHANNEL);
  tracingChannel(JOB_CHANNEL);
}
