/**
 * A requester whose user of Redis may do next to nothing. Catches the error of its request, closes, and says so; nothing else ends
 * it.
 */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ReqRepModule, RequestClient } from 'nestjs-reqrep';
import { lastValueFrom } from 'rxjs';

@Module({
  imports: [ReqRepModule.forRoot({ connection: process.env['REDIS_URL'] ?? '' })],
})
class RequesterModule {}

const app = await NestFactory.createApplicationContext(RequesterModule, { logger: false });
try {
  await lastValueFrom(app.get(RequestClient).send('reports', {}, { timeout: 1_000 }));
} catch {
  await app.close();
  process.send?.('ready');
}
process.disconnect();
