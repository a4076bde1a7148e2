import { system as bullMq } from './bullmq.js';
import { system as floor } from './floor.js';
import { system as nestNats } from './nest-nats.js';
import { system as nestRabbitMq } from './nest-rabbitmq.js';
import { system as nestRedis } from './nest-redis.js';
import { system as nestjsReqRepClusterHot } from './nestjs-reqrep-cluster-hot.js';
import { system as nestjsReqRepCluster } from './nestjs-reqrep-cluster.js';
import { system as nestjsReqRep } from './nestjs-reqrep.js';
import { system as streamsTransporter } from './streams-transporter.js';
import type { System } from './system.js';

/** The library, its peers, and the floor. */
export const SYSTEMS: readonly System[] = [
  nestjsReqRep,
  nestjsReqRepCluster,
  nestjsReqRepClusterHot,
  nestRedis,
  bullMq,
  streamsTransporter,
  nestNats,
  nestRabbitMq,
  floor,
];
