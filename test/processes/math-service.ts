/** The sample of microservices of Nest's documentation, as a process; `TRANSPORT` chooses the lines in which the two differ. */
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  EventPattern,
  MessagePattern,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { from, type Observable } from 'rxjs';
import { ReqRepServer } from 'nestjs-reqrep/microservices';

const { TRANSPORT, REDIS_URL = '', QUEUE = '', MS = '0' } = process.env;
const { hostname, port } = new URL(REDIS_URL);

@Controller()
class MathController {
  @MessagePattern({ cmd: 'sum' })
  async accumulate(data: number[]): Promise<number> {
    process.send?.('began');
    await delay(Number(MS));
    return data.reduce((sum, each) => sum + each, 0);
  }

  @MessagePattern({ cmd: 'numbers' })
  numbers(count: number): Observable<number> {
    return from(Array.from({ length: count }, (_, index) => index));
  }

  @EventPattern('user_created')
  handleUserCreated(data: unknown): void {
    process.send?.(data);
  }
}

@Module({ controllers: [MathController] })
class MathModule {}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(MathModule, {
  logger: ['error', 'warn'],
  ...(TRANSPORT === 'redis'
    ? { transport: Transport.REDIS, options: { host: hostname, port: Number(port) } }
    : { strategy: new ReqRepServer({ connection: REDIS_URL, queue: QUEUE, lease: 1_500 }) }),
});
await app.listen();
app.enableShutdownHooks();
process.on('disconnect', () => process.exit());
process.send?.('ready');
