import { reqRepSystem } from './reqrep-system.js';
import { SAMPLERS, startOpenTelemetry } from './telemetry.js';

export const system = reqRepSystem(
  {
    name: 'nestjs-reqrep-otel-1',
    title: 'nestjs-reqrep with OpenTelemetry, 1 % sampled',
    setup: '`openTelemetry()`, its metrics without a reader; one trace in a hundred is sampled.',
    server: 'Redis',
    isOnDemand: true,
  },
  () => ({ telemetry: startOpenTelemetry(SAMPLERS['1']()) }),
);
