/**
 * A process without any server: its application asks itself, and sends what is never answered. Once it is closed, the process
 * should end by itself. Its halves come by both module systems.
 */
import { createRequire } from 'node:module';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OnJob, ReqRepModule, RequestClient } from 'nestjs-reqrep';
import { MemoryQueues, useMemoryQueues } from 'nestjs-reqrep/testing';
import { firstValueFrom } from 'rxjs';

const { REDIS_URL = '' } = process.env;

@Injectable()
class Worker {
  @OnJob('double')
  double(data: number): number {
    return 2 * data;
  }
}

@Module({ imports: [ReqRepModule.forRoot({ connection: REDIS_URL })], providers: [Worker] })
class AppModule {}

const module = await useMemoryQueues(Test.createTestingModule({ imports: [AppModule] })).compile();
await module.init();
process.send?.('ready');
const client = module.get(RequestClient);
const reply = await firstValueFrom(client.send<number>('double', 21));
client.send('nobody', 1, { timeout: 3_600_000 }).subscribe({ error: () => undefined });
client.emit('nobody', 2);
const required: { MemoryQueues: unknown } = createRequire(import.meta.url)('nestjs-reqrep/testing');
process.send?.({ reply, isOne: required.MemoryQueues === MemoryQueues });
await module.close();
process.disconnect();
