/** A worker of the fault suite: writes each run into the ledger and answers with its data. */
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobContext, OnJob, ReqRepModule } from 'nestjs-reqrep';
import { record } from './ledger.js';

const { QUEUE = '', REDIS_URL = '', MS = '40', OPTIONS = '{}' } = process.env;

export interface ChaosJob {
  readonly key: string;
  readonly filler: string;
}

@Injectable()
class Worker {
  @OnJob(QUEUE, { concurrency: 8 })
  async run(data: ChaosJob, job: JobContext): Promise<ChaosJob> {
    record({ event: 'run', key: data.key, attempt: job.attempt });
    await delay(Math.random() * Number(MS));
    return data;
  }
}

@Module({
  imports: [ReqRepModule.forRoot({ ...JSON.parse(OPTIONS), connection: REDIS_URL })],
  providers: [Worker],
})
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['error'] });
app.enableShutdownHooks();
process.on('disconnect', () => process.exit());
process.send?.('ready');
