import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { lastValueFrom } from 'rxjs';
import { beforeAll, expect, it } from 'vitest';
import { createReqRep } from '../../lib/core/index.js';
import { openTelemetry } from '../../lib/opentelemetry/index.js';
import type { Telemetry } from '../../lib/telemetry/telemetry.js';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const FILE = fileURLToPath(new URL('../../docs/grafana/nestjs-reqrep.json', import.meta.url));
const dashboard = JSON.parse(readFileSync(FILE, 'utf8')) as { readonly panels: readonly Panel[] };

const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }): [title: string, expr: string] => [title, expr]),
);

/** A metric, as the exporter writes it, and its labels. */
const exported = new Map<string, Set<string>>();

/** What a `_bucket`, a `by (...)` or a selector of a query may name, beside the labels of the library. */
const LABELS_OF_PROMETHEUS = ['le'];

beforeAll(async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const meterProvider = new MeterProvider({ readers: [exporter] });
  const telemetry = openTelemetry({ meterProvider });
  await useEverything(telemetry);
  const { resourceMetrics } = await exporter.collect();
  readMetrics(new PrometheusSerializer().serialize(resourceMetrics));
  await meterProvider.shutdown();
});

/** Lets each metric have a value, with the labels that it has where something fails. */
async function useEverything(telemetry: Telemetry): Promise<void> {
  const { client, workers } = createReqRep({ connection: 'memory://', telemetry, logger: false });
  await workers.serve('reports', (data) => {
    if (data === 'fail') {
      throw new RangeError('too far');
    }
    return data;
  });
  await client.request('reports', 1);
  await client.request('reports', 'fail').catch(() => undefined);
  await lastValueFrom(client.emit('reports', 2));
  await client.request('reports', 3);
  const place = { instance: 'core', server: 'memory://', queue: 'reports' };
  telemetry.happened?.({ ...place, type: 'worker lost', worker: 'w', givenBack: 1, dead: 0 });
  telemetry.happened?.({ ...place, type: 'job redelivered', id: 'a', attempt: 2 });
  telemetry.happened?.({ ...place, type: 'job dead', id: 'a', reason: 'unreadable', message: '' });
  telemetry.happened?.({ ...place, type: 'reply dropped', reason: 'not pending' });
  telemetry.happened?.({ ...place, type: 'outage began', message: 'away' });
}

function readMetrics(text: string): void {
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
    const known = exported.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) {
      known.add(label);
    }
    exported.set(name, known);
  }
}

it('the dashboard has a query for each metric of the library', () => {
  const asked = queries.map(([, expr]) => expr).join('\n');
  const names = [...exported.keys()]
    .filter((name) => /^(?:rpc|messaging|nestjs_reqrep)_/.test(name))
    .map((name) => name.replace(/_(?:bucket|count|sum)$/, ''));
  expect([...new Set(names)].filter((name) => !asked.includes(name))).toEqual([
    // How many messages a worker got is shown as how many it has processed.
    'messaging_client_consumed_messages_total',
  ]);
});

it.each(queries)('%s: %s', (_title, expr) => {
  const names = [...expr.matchAll(/\b(?:rpc|messaging|nestjs_reqrep)_\w+(?=[{[)]| *$)/g)].map(
    ([name]) => name,
  );
  const metrics = names.filter((name) => exported.has(name));
  expect(metrics, 'metrics that the exporter writes').toHaveLength(1);
  const known = exported.get(metrics[0] ?? '');
  const selected = [...expr.matchAll(/(\w+)(?:=~|!=|=)"/g)].map(([, label = '']) => label);
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(/, */),
  );
  for (const label of [...selected, ...grouped]) {
    expect([...(known ?? []), ...LABELS_OF_PROMETHEUS]).toContain(label);
  }
});
