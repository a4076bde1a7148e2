import { reqRepSystem } from './reqrep-system.js';

export const system = reqRepSystem(
  {
    name: 'nestjs-reqrep-cluster-hot',
    title: 'on a Redis Cluster, hot queues',
    server: 'Redis Cluster',
    isOnDemand: true,
    setup:
      'As nestjs-reqrep, on three masters: all queues are in `hotQueues`, and so on all of them.',
  },
  (queues) => ({ hotQueues: [...queues] }),
);
