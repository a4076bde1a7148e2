/**
 * A process with the instrumentation of ioredis, which patches what is required. Makes calls of all kinds within spans, and, told `close`,
 * tells in whose span each command was sent, and with which keys.
 */
import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter)],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(tracerProvider);
registerInstrumentations({
  tracerProvider,
  instrumentations: [
    new IORedisInstrumentation({
      requireParentSpan: false,
      // The arguments as well, of which the first few are keys.
      dbStatementSerializer: (command, args) => [command, ...args.slice(0, 4)].join(' '),
    }),
  ],
});

// Behind the registration. `require` by name would load ES modules, whose imports are not patched.
const { createReqRep } =
  require('../../dist/cjs/core/index.js') as typeof import('nestjs-reqrep/core');
const { openTelemetry } =
  require('../../dist/cjs/opentelemetry/index.js') as typeof import('nestjs-reqrep/opentelemetry');
const { Redis } = require('ioredis') as typeof import('ioredis');
const { lastValueFrom, take } = require('rxjs') as typeof import('rxjs');

const { QUEUE = '', REDIS_URL = '' } = process.env;
const telemetry = openTelemetry();
const { client, workers, close } = createReqRep({
  connection: REDIS_URL,
  lease: 300,
  telemetry,
  logger: false,
});
// Of the handler, whose span its commands belong to.
const own = new Redis(REDIS_URL);

const tracer = tracerProvider.getTracer('test');
const within = <Result,>(name: string, work: () => Result): Result =>
  tracer.startActiveSpan(name, (span) => {
    try {
      return work();
    } finally {
      span.end();
    }
  });
const untilBusy = async (): Promise<void> => {
  while (!workers.status.queues.some(({ queue, busy }) => queue === `${QUEUE}slow` && busy > 0)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
};
const ended = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined);

async function act(): Promise<void> {
  // The first call opens the connections.
  const first = within('first', () => ended(client.request(`${QUEUE}echo`, 1)));
  await within('serve', () =>
    Promise.all([
      workers.serve(`${QUEUE}echo`, async (data) => {
        await own.get('of the handler');
        return data;
      }),
      workers.serve(`${QUEUE}outer`, (data) => client.request(`${QUEUE}echo`, data)),
      workers.serve(`${QUEUE}stream`, async function* values() {
        for (let value = 0; value < 200; value++) {
          await new Promise((resolve) => setImmediate(resolve));
          yield value;
        }
      }),
      workers.serve(`${QUEUE}slow`, (_data, job) => untilAborted(job.signal)),
      workers.serve(`${QUEUE}fail`, () => Promise.reject(new Error('no'))),
    ]),
  );
  await first;
  await Promise.all(
    Array.from({ length: 20 }, (_, value) =>
      within('burst', () => client.request(`${QUEUE}outer`, value)),
    ),
  );
  await within('stream', () => lastValueFrom(client.send(`${QUEUE}stream`)));
  await within('part of a stream', () =>
    lastValueFrom(client.send(`${QUEUE}stream`).pipe(take(2))),
  );
  await within('failure', () => ended(client.request(`${QUEUE}fail`)));
  await within('emit', () => lastValueFrom(client.emit(`${QUEUE}echo`, 2)));
  await within('guarded', () => client.request(`${QUEUE}echo`, 3, { maxQueueLength: 100 }));
  const subscription = within('cancelled', () => client.send(`${QUEUE}slow`).subscribe());
  await untilBusy();
  within('cancelling', () => subscription.unsubscribe());
  const [timeout, idleTimeout] = [50, 40];
  await within('timeout', () => ended(client.request(`${QUEUE}nobody`, 4, { timeout })));
  await within('idle', () => ended(client.request(`${QUEUE}nobody`, 5, { idleTimeout })));
  const original = { protocol: 1, timeout } as const;
  await within('original', () => ended(client.request(`${QUEUE}nobody`, 6, original)));
  await within('pause', () => workers.pause(`${QUEUE}echo`));
  await within('resume', () => workers.resume(`${QUEUE}echo`));
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}

function report(): unknown {
  const spans = exporter.getFinishedSpans();
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans
    .filter(({ attributes, kind }) => kind === SpanKind.CLIENT && 'db.query.text' in attributes)
    .map(({ name, attributes, parentSpanContext: parent }) => ({
      command: name,
      text: attributes['db.query.text'],
      parent: parent && (byId.get(parent.spanId) ?? 'a span that goes on'),
    }));
}

process.once('SIGTERM', () => process.exit());
process.once('disconnect', () => process.exit());
process.on('message', (message) => {
  if (message === 'close') {
    void within('close', close).then(async () => {
      await own.quit();
      process.send?.(report());
    });
  }
});
void act().then(
  () => process.send?.('ready'),
  (error: unknown) => process.send?.(String(error)),
);
