/** A worker process whose handler throws, returns or does what its job names; it tells its parent what it logs. */
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobContext, OnJob, ReqRepModule } from 'nestjs-reqrep';
import { RETURNED, STUBBORN, THROWN } from './hostile.js';

const { QUEUE = '', REDIS_URL = '', OPTIONS = '{}' } = process.env;

export interface HostileJob {
  readonly thrown?: string;
  readonly thrownLater?: string;
  readonly returned?: string;
  readonly stubborn?: string;
  readonly echo?: unknown;
  /** Whether to answer with how many jobs have run. */
  readonly count?: boolean;
}

@Injectable()
class Worker {
  private runs = 0;

  @OnJob(QUEUE, { concurrency: 32 })
  run(data: HostileJob, job: JobContext): unknown {
    const { thrown, thrownLater, returned, stubborn, echo, count } = data;
    this.runs++;
    if (thrown !== undefined) {
      throw THROWN[thrown]?.();
    }
    if (thrownLater !== undefined) {
      return Promise.reject(THROWN[thrownLater]?.());
    }
    if (count) {
      return this.runs;
    }
    return RETURNED[returned ?? '']?.(job) ?? STUBBORN[stubborn ?? '']?.(job) ?? echo;
  }
}

@Module({
  imports: [ReqRepModule.forRoot({ ...JSON.parse(OPTIONS), connection: REDIS_URL })],
  providers: [Worker],
})
class WorkerModule {}

const tell = (...parts: unknown[]): void => void process.send?.({ logged: parts.join(' ') });

const app = await NestFactory.createApplicationContext(WorkerModule, {
  logger: { log: () => undefined, warn: tell, error: tell },
});
app.enableShutdownHooks();
process.on('disconnect', () => process.exit());
process.send?.('ready');
