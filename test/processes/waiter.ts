/** A worker process whose jobs wait until they are aborted; it tells its parent of each start and each end. */
import { once } from 'node:events';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobContext, OnJob, ReqRepModule } from 'nestjs-reqrep';

const { QUEUE = '', REDIS_URL = '', OPTIONS = '{}' } = process.env;

@Injectable()
class Waiter {
  @OnJob(QUEUE)
  async wait(name: string, job: JobContext) {
    process.send?.({ started: name });
    await once(job.signal, 'abort');
    process.send?.({ aborted: name });
  }
}

@Module({
  imports: [ReqRepModule.forRoot({ ...JSON.parse(OPTIONS), connection: REDIS_URL })],
  providers: [Waiter],
})
class WaiterModule {}

const app = await NestFactory.createApplicationContext(WaiterModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
process.on('disconnect', () => process.exit());
process.send?.('ready');
