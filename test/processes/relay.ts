/**
 * A worker process whose handler asks another queue, and replies with what that one's handler was told of itself beside
 * what it knew of its own job.
 */
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobContext, OnJob, ReqRepModule, RequestClient } from 'nestjs-reqrep';
import { lastValueFrom } from 'rxjs';

const { QUEUE = '', NEXT = '', REDIS_URL = '', OPTIONS = '{}' } = process.env;

@Injectable()
class Relay {
  constructor(private readonly requests: RequestClient) {}

  @OnJob(QUEUE)
  async run(data: { timeout?: number }, job: JobContext) {
    const next = await lastValueFrom(this.requests.send(NEXT, data, { timeout: data.timeout }));
    return { own: { deadline: job.deadline, left: job.timeLeft() }, next };
  }
}

@Module({
  imports: [ReqRepModule.forRoot({ ...JSON.parse(OPTIONS), connection: REDIS_URL })],
  providers: [Relay],
})
class RelayModule {}

const app = await NestFactory.createApplicationContext(RelayModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
process.on('disconnect', () => process.exit());
process.send?.('ready');
