/** A worker process: serves the queue named by `QUEUE` until it is told to stop. */
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobContext, OnJob, ReqRepModule } from 'nestjs-reqrep';

const { QUEUE = '', REDIS_URL = '', CONCURRENCY = '16', MS = '0', OPTIONS = '{}' } = process.env;

@Injectable()
class Worker {
  /** Answers with its data and its process, after a while. */
  @OnJob(QUEUE, { concurrency: Number(CONCURRENCY) })
  async echo(data: unknown, job: JobContext) {
    if (data === 'poison') {
      process.kill(process.pid, 'SIGKILL');
    }
    if (typeof data === 'string' && data.startsWith('block ')) {
      const end = performance.now() + Number(data.slice('block '.length));
      while (performance.now() < end);
    }
    if (MS !== '0') {
      await delay(Number(MS));
    }
    return { data, pid: process.pid, attempt: job.attempt };
  }
}

@Module({
  imports: [ReqRepModule.forRoot({ ...JSON.parse(OPTIONS), connection: REDIS_URL })],
  providers: [Worker],
})
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
process.on('disconnect', () => process.exit());
process.send?.('ready');
