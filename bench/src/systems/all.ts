import { system as bullMq } from './bullmq.js';
import { system as floor } from './floor.js';
import { system as nestNats } from './nest-nats.js';
import { system as nestRabbitMq } from './nest-rabbitmq.js';
import { system as nestRedis } from './nest-redis.js';
import { system as nestjsReqRepClusterHot } from './nestjs-reqrep-cluster-hot.js';
import { system as nestjsReqRepCluster } from './nestjs-reqrep-cluster.js';
import { system as asTransport } from './nestjs-reqrep-microservices.js';
import { system as nestjsReqRep } from './nestjs-reqrep.js';
import { system as withChannels } from './nestjs-reqrep-channels.js';
import { system as withOtelMetrics } from './nestjs-reqrep-otel-metrics.js';
import { system as withOtelOff } from './nestjs-reqrep-otel-off.js';
import { system as withOtelOne } from './nestjs-reqrep-otel-1.js';
import { system as withOtelOn } from './nestjs-reqrep-otel-on.js';
import { system as withOtelSdk } from './nestjs-reqrep-otel-sdk.js';
import { system as streamsTransporter } from './streams-transporter.js';
import type { System } from './system.js';

/** The library, its peers, the floor, and the library with what listens to it. */
export const SYSTEMS: readonly System[] = [
  nestjsReqRep,
  asTransport,
  nestjsReqRepCluster,
  nestjsReqRepClusterHot,
  nestRedis,
  bullMq,
  streamsTransporter,
  nestNats,
  nestRabbitMq,
  floor,
  withChannels,
  withOtelSdk,
  withOtelOff,
  withOtelMetrics,
  withOtelOne,
  withOtelOn,
];
