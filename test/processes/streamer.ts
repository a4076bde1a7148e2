/** A worker process that streams numbers to whoever asks the queue named by `QUEUE`. */
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JobContext, OnJob, ReqRepModule } from 'nestjs-reqrep';

const { QUEUE = '', REDIS_URL = '', OPTIONS = '{}' } = process.env;

/** Values that were handed to the library, of all streams. */
let made = 0;

@Injectable()
class Streamer {
  /** Counts to `count`, with `ms` in between; tells its parent when it is told to stop. */
  @OnJob(QUEUE)
  async *count({ count = Infinity, ms }: { count?: number; ms?: number }, job: JobContext) {
    job.signal.addEventListener('abort', () => process.send?.({ aborted: job.id }));
    for (let value = 0; value < count && !job.signal.aborted; value++) {
      made++;
      yield value;
      if (ms !== undefined) {
        await delay(ms);
      }
    }
  }
}

@Module({
  imports: [ReqRepModule.forRoot({ ...JSON.parse(OPTIONS), connection: REDIS_URL })],
  providers: [Streamer],
})
class StreamerModule {}

const app = await NestFactory.createApplicationContext(StreamerModule, {
  logger: ['error', 'warn'],
});
app.enableShutdownHooks();
process.on('disconnect', () => process.exit());
// Says after so many ms how many values were made by then.
process.on('message', (ms) => void delay(Number(ms)).then(() => process.send?.({ made })));
process.send?.('ready');
