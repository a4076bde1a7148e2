/** Sends one request to the queue named by `QUEUE`, closes its application, and should then end by itself. */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ReqRepModule, RequestClient } from 'nestjs-reqrep';
import { firstValueFrom } from 'rxjs';

const { QUEUE = '', REDIS_URL = '' } = process.env;

@Module({ imports: [ReqRepModule.forRoot({ connection: REDIS_URL })] })
class RequesterModule {}

const app = await NestFactory.createApplicationContext(RequesterModule, { logger: ['error'] });
process.send?.('ready');
await firstValueFrom(app.get(RequestClient).send(QUEUE, 'hello'));
await app.close();
// The channel to the parent is the only handle that is not ours.
process.disconnect?.();
