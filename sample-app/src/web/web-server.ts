import { fileURLToPath } from 'node:url';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { OWN_PICTURES } from '../picture-folder.js';
import { SampleError } from '../sample.error.js';
import { isTracing, telemetryOfSample } from '../tracing/trace-option.js';
import type { WorkerPool } from './worker-pool.js';
import { WebModule } from './web.module.js';

const PAGE = fileURLToPath(new URL('../../public', import.meta.url));

/** This machine only, since everyone who can reach the server can start jobs. */
const HOST = '127.0.0.1';

/** The route whose requests have jobs, of which there are traces. */
const PROGRESS = '/pictures/:id/progress';

export interface WebServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the page and its API. @throws SampleError when the port cannot be used */
export async function startWebServer(
  redisUrl: string,
  pool: WorkerPool,
  port: number,
): Promise<WebServer> {
  // Silent until the server listens: `explain` describes a failure once.
  const logger = new ConsoleLogger({ logLevels: [] });
  const app = await NestFactory.create<NestExpressApplication>(
    WebModule.connectedTo(redisUrl, pool, await telemetryOfSample()),
    {
      logger,
      abortOnError: false,
      // An upload is read as a stream.
      bodyParser: false,
      // Without it, open event streams would keep the server from closing.
      forceCloseConnections: true,
    },
  );
  if (isTracing()) {
    const { httpSpans } = await import('../tracing/http-span.js');
    app.use(PROGRESS, httpSpans(PROGRESS));
  }
  app.useStaticAssets(PAGE);
  app.useStaticAssets(OWN_PICTURES, { prefix: '/samples' });
  try {
    await app.listen(port, HOST);
  } catch (error) {
    await app.close();
    throw new SampleError(explain(error, port), { cause: error });
  }
  logger.setLogLevels(['error', 'warn']);
  return { url: await app.getUrl(), close: () => app.close() };
}

function explain(error: unknown, port: number): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'EADDRINUSE'
    ? `Port ${port} is taken by another program. Choose another one: PORT=${port + 1} npm start, or PORT=0 for any free one.`
    : `Port ${port} cannot be used: ${message}. Choose another one: PORT=0 npm start takes any free one.`;
}
