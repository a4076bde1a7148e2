import { bullMq } from './bullmq.js';
import { floor } from './floor.js';
import { nestNats } from './nest-nats.js';
import { nestRabbitMq } from './nest-rabbitmq.js';
import { nestRedis } from './nest-redis.js';
import { nestjsReqRep } from './nestjs-reqrep.js';
import { streamsTransporter } from './streams-transporter.js';
import type { System } from './system.js';

/** The library, its peers, and the floor. */
export const SYSTEMS: readonly System[] = [
  nestjsReqRep,
  nestRedis,
  bullMq,
  streamsTransporter,
  nestNats,
  nestRabbitMq,
  floor,
];

export function systemNamed(name: string | undefined): System {
  const system = SYSTEMS.find((each) => each.name === name);
  if (!system) {
    throw new Error(`There is no system "${name}"`);
  }
  return system;
}
