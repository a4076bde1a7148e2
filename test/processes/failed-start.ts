/** A process whose application fails to start: by a module of its own, or by the `WRONG`th connection. Closes nothing. */
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { OnJob, ReqRepModule } from 'nestjs-reqrep';

const { QUEUE = '', REDIS_URL = '', WRONG = '0' } = process.env;

@Injectable()
class Worker {
  @OnJob(QUEUE)
  run(data: unknown) {
    return data;
  }
}

let made = 0;
const connection = (): Redis => {
  if (++made === Number(WRONG)) {
    throw new Error('no vault');
  }
  return new Redis(REDIS_URL, { lazyConnect: true });
};

@Module({
  imports: [ReqRepModule.forRoot({ connection })],
  providers: [
    Worker,
    {
      provide: 'store',
      useValue: {
        async onApplicationBootstrap() {
          if (WRONG === '0') {
            throw new Error('no store');
          }
        },
      },
    },
  ],
})
class FailingModule {}

try {
  await NestFactory.createApplicationContext(FailingModule, { logger: false, abortOnError: false });
} catch {
  process.send?.('ready');
}
process.disconnect();
