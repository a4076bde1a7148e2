import { reqRepSystem } from './reqrep-system.js';
import { SAMPLERS, startSdkAlone } from './telemetry.js';

export const system = reqRepSystem(
  {
    name: 'nestjs-reqrep-otel-sdk',
    title: 'nestjs-reqrep with the SDK of OpenTelemetry alone, nothing sampled',
    setup:
      'The least that traces take, without `openTelemetry()`: two spans, `inject`, `extract` and the context of the job; no metrics.',
    server: 'Redis',
    isOnDemand: true,
  },
  () => ({ telemetry: startSdkAlone(SAMPLERS.off()) }),
);
