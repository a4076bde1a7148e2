/** Serves the sample as a web page until it is told to stop: `npm start`. With `-- --trace`, it prints the traces of all pictures. */
import { describeBackend, withBackend, type Backend } from '../backend.js';
import { SampleError } from '../sample.error.js';
import { isTracing, readTraceOption } from '../tracing/trace-option.js';
import { chosenPort } from './port.js';
import { stopSignal } from './stop-signal.js';
import { WorkerPool } from './worker-pool.js';
import { startWebServer } from './web-server.js';

try {
  readTraceOption(process.argv.slice(2));
  if (isTracing()) {
    await import('../tracing/web-spans.js');
  }
  const port = chosenPort();
  // Listens from the first moment on, so that everything that has started is stopped in order.
  const stopped = stopSignal();
  await withBackend((backend) => serve(backend, port, stopped));
  console.log('Stopped.');
} catch (error) {
  if (!(error instanceof SampleError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}

async function serve(backend: Backend, port: number, stopped: Promise<unknown>): Promise<void> {
  const { redis, workers } = backend;
  const server = await startWebServer(redis.url, new WorkerPool(workers), port);
  try {
    console.log(describeBackend(backend));
    console.log(`\nOpen ${server.url} in a browser. Press Ctrl-C to stop.\n`);
    await stopped;
    console.log('Stopping: the workers finish or abort their jobs.');
  } finally {
    await server.close();
  }
}
