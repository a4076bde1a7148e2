import { reqRepSystem } from './reqrep-system.js';
import { SAMPLERS, startOpenTelemetry } from './telemetry.js';

export const system = reqRepSystem(
  {
    name: 'nestjs-reqrep-otel-on',
    title: 'nestjs-reqrep with OpenTelemetry, all sampled',
    setup:
      '`openTelemetry()`, its metrics without a reader; all spans are made, and dropped by the exporter.',
    server: 'Redis',
    isOnDemand: true,
  },
  () => ({ telemetry: startOpenTelemetry(SAMPLERS.on()) }),
);
