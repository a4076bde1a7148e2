import { reqRepSystem } from './reqrep-system.js';
import { SAMPLERS, SilentReader, startOpenTelemetry } from './telemetry.js';

export const system = reqRepSystem(
  {
    name: 'nestjs-reqrep-otel-metrics',
    title: 'nestjs-reqrep with OpenTelemetry, nothing sampled, metrics read',
    setup: '`openTelemetry()`; no span is sampled, and metrics have a reader.',
    server: 'Redis',
    isOnDemand: true,
  },
  () => ({ telemetry: startOpenTelemetry(SAMPLERS.off(), [new SilentReader()]) }),
);
