/**
 * The half of an application that is an ES module: it imports the library, and so does the half that requires it. Says what
 * the two know of each other.
 */
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobContext, OnJob, ReqRepModule, RequestClient } from 'nestjs-reqrep';
import { lastValueFrom } from 'rxjs';
import { isKnown, RequiredHalf } from './required-half.cjs';

@Injectable()
class ImportedWorker {
  @OnJob('imported')
  run(_: unknown, job: JobContext) {
    return { headers: job.headers, deadline: job.deadline };
  }
}

@Module({
  imports: [
    ReqRepModule.forRoot({ connection: process.env['REDIS_URL'], timeout: 0 }),
    RequiredHalf,
  ],
  providers: [ImportedWorker],
})
class AppModule {}

process.send?.('ready');
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
const requests = app.get(RequestClient);
const headers = { traceparent: '00-1-2-01' };
const reply = await lastValueFrom(
  requests.send<object>('required', {}, { timeout: 10_000, headers }),
);
const tooLong = await lastValueFrom(requests.send('required', 'x'.repeat(2 ** 21))).catch(
  (error: unknown) => error,
);
process.send?.({ reply, isKnown: isKnown(tooLong) });
await app.close();
process.exit();
