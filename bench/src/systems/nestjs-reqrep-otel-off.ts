import { reqRepSystem } from './reqrep-system.js';
import { SAMPLERS, startOpenTelemetry } from './telemetry.js';

export const system = reqRepSystem(
  {
    name: 'nestjs-reqrep-otel-off',
    title: 'nestjs-reqrep with OpenTelemetry, nothing sampled',
    setup: '`openTelemetry()`, its metrics without a reader; no span is sampled.',
    server: 'Redis',
    isOnDemand: true,
  },
  () => ({ telemetry: startOpenTelemetry(SAMPLERS.off()) }),
);
