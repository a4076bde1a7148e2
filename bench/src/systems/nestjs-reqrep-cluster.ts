import { reqRepSystem } from './reqrep-system.js';

export const system = reqRepSystem({
  name: 'nestjs-reqrep-cluster',
  title: 'on a Redis Cluster',
  server: 'Redis Cluster',
  isOnDemand: true,
  setup: 'As nestjs-reqrep, on three masters: each queue is on one of them.',
});
