/** A worker process: serves the queue named by `QUEUE` until it is told to stop. */
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OnJob, ReqRepModule } from 'nestjs-reqrep';

const { QUEUE = '', REDIS_URL = '', CONCURRENCY = '16', MS = '0' } = process.env;

@Injectable()
class Worker {
  /** Answers with its data and its process, after a while. */
  @OnJob(QUEUE, { concurrency: Number(CONCURRENCY) })
  async echo(data: unknown): Promise<{ data: unknown; pid: number }> {
    if (MS !== '0') {
      await delay(Number(MS));
    }
    return { data, pid: process.pid };
  }
}

@Module({ imports: [ReqRepModule.forRoot({ connection: REDIS_URL })], providers: [Worker] })
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
process.send?.('ready');
