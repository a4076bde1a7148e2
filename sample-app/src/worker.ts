/** A worker process: renders thumbnails until its parent lets go of it or dies. */
import { once } from 'node:events';
import { ConsoleLogger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ReplyWorkers } from 'nestjs-reqrep';
import { notifyParent } from './parent.js';
import { WorkerModule } from './worker.module.js';

// The parent may let go or die while this process still loads.
const parentGone = process.connected ? once(process, 'disconnect') : Promise.resolve();

let app: INestApplicationContext | undefined;
try {
  // Silent until it works: what keeps it from that is told by its parent, once.
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
