import { reqRepSystem } from './reqrep-system.js';
import { openChannels } from './telemetry.js';

export const system = reqRepSystem(
  {
    name: 'nestjs-reqrep-channels',
    title: 'nestjs-reqrep with diagnostics channels',
    setup: 'Its diagnostics channels are open, and nobody listens.',
    server: 'Redis',
    isOnDemand: true,
  },
  () => {
    openChannels();
    return {};
  },
);
