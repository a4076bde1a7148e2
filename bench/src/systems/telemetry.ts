import { tracingChannel } from 'node:diagnostics_channel';
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
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

/** Takes metrics when it is asked to, which nobody does. The SDK records nothing where there is no reader. */
export class SilentReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** Traces of the SDK, as an application starts them. Called in the processes of its system only. */
function startTraces(sampler: Sampler): BasicTracerProvider {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return new BasicTracerProvider({
    sampler: new ParentBasedSampler({ root: sampler }),
    spanProcessors: [new BatchSpanProcessor(dropped)],
  });
}

/** What the library has for OpenTelemetry, with the SDK. */
export function startOpenTelemetry(sampler: Sampler, readers: MetricReader[] = []): Telemetry {
  const tracerProvider = startTraces(sampler);
  return openTelemetry({ tracerProvider, meterProvider: new MeterProvider({ readers }) });
}

const ATTRIBUTES = {
  'rpc.system.name': 'nestjs-reqrep',
  'rpc.method': 'double',
  'server.address': 'localhost',
  'server.port': 6379,
};
const CALL = { kind: SpanKind.CLIENT, attributes: ATTRIBUTES };
const JOB = { kind: SpanKind.SERVER, attributes: ATTRIBUTES };

/** The calls of the SDK that no tracing of a request and its job can do without, and nothing else. */
export function startSdkAlone(sampler: Sampler): Telemetry {
  const tracer = startTraces(sampler).getTracer('bench');
  return {
    callBegins: ({ headers }) => {
      const caller = context.active();
      const span = tracer.startSpan('double', CALL, caller);
      propagation.inject(trace.setSpan(caller, span), headers);
      return () => span.end();
    },
    jobBegins: ({ headers }, run) => {
      const caller = propagation.extract(ROOT_CONTEXT, headers);
      const span = tracer.startSpan('double', JOB, caller);
      context.with(trace.setSpan(caller, span), run);
      return () => span.end();
    },
  };
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
