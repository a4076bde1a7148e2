/** A worker process: renders thumbnails until its parent disconnects or exits. */
import { once } from 'node:events';
import { ConsoleLogger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ReplyWorkers } from 'nestjs-reqrep';
import { notifyParent } from './parent.js';
import { isTracing } from './tracing/trace-option.js';
import { WorkerModule } from './worker.module.js';

// The parent may disconnect or exit while this process still loads.
const parentGone = process.connected ? once(process, 'disconnect') : Promise.resolve();

if (isTracing()) {
  await import('./tracing/worker-spans.js');
}

let app: INestApplicationContext | undefined;
try {
  // Silent until the start has succeeded: the parent prints a failure once.
  const logger = new ConsoleLogger({ logLevels: [] });
  app = await NestFactory.createApplicationContext(WorkerModule, {
    logger,
    abortOnError: false,
  });
  app.enableShutdownHooks();
  const { state } = app.get(ReplyWorkers).status;
  logger.setLogLevels(['error', 'warn']);
  notifyParent(
    state === 'running'
      ? 'ready'
      : 'Redis does not answer, or refuses the connection; check REDIS_URL.',
  );
} catch (error) {
  notifyParent(String(error));
}
await parentGone;
await app?.close();
