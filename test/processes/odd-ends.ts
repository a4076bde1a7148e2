/**
 * A process whose handlers end in odd ways: hang past a shutdown, are cancelled, run out of time, or stream what cannot be
 * sent. It closes its application, and should then end by itself, for all that handlers of it never return.
 */
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobContext, OnJob, ReqRepModule, RequestClient } from 'nestjs-reqrep';
import { concat, firstValueFrom, NEVER, of } from 'rxjs';

const { QUEUE = '', REDIS_URL = '' } = process.env;
const HOUR = 3_600_000;
const hang = (): Promise<never> => new Promise(() => undefined);

@Injectable()
class Worker {
  started = 0;

  @OnJob(QUEUE, { timeout: HOUR, concurrency: 100 })
  run(kind: string, { signal }: JobContext): unknown {
    this.started++;
    switch (kind) {
      case 'too large':
        return of('x'.repeat(5_000));
      case 'too large, late':
        return concat(of(1, 'x'.repeat(5_000)), NEVER);
      case 'stream':
        return concat(of(1), NEVER);
      case 'silent stream':
        return NEVER;
      case 'watching':
        signal.addEventListener('abort', () => undefined);
        return hang();
      default:
        return hang();
    }
  }
}

@Module({
  imports: [
    ReqRepModule.forRoot({ connection: REDIS_URL, maxPayload: 4_096, shutdownTimeout: 100 }),
  ],
  providers: [Worker],
})
class OddModule {}

const app = await NestFactory.createApplicationContext(OddModule, { logger: false });
process.send?.('ready');
const client = app.get(RequestClient);
const worker = app.get(Worker);
const kinds = ['too large', 'too large, late', 'stream', 'silent stream', 'watching', 'hung'];
const cancelled = kinds.map((kind) =>
  client.send(QUEUE, kind, { timeout: HOUR }).subscribe({ error: () => undefined }),
);
for (const kind of kinds) {
  client.send(QUEUE, kind, { timeout: HOUR }).subscribe({ error: () => undefined });
  client.send(QUEUE, kind, { timeout: 300 }).subscribe({ error: () => undefined });
  await firstValueFrom(client.emit(QUEUE, kind));
}
while (worker.started < kinds.length * 4) {
  await new Promise((resolve) => setImmediate(resolve));
}
cancelled.forEach((subscription) => subscription.unsubscribe());
await app.close();
// The channel to the parent is the only handle that is not ours.
process.disconnect?.();
