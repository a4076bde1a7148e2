/** A process whose application fails to start: by a module of its own, or by its connections from the `WRONG`th on. Closes nothing. */
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { OnJob, ReqRepModule } from 'nestjs-reqrep';

const { QUEUE = '', REDIS_URL = '', WRONG = '' } = process.env;

const wrong = WRONG === '' ? Infinity : Number(WRONG);

@Injectable()
class Worker {
  @OnJob(QUEUE)
  run(data: unknown) {
    return data;
  }
}

let made = 0;
const connection = (): Redis => {
  if (++made >= wrong) {
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
          if (wrong === Infinity) {
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
