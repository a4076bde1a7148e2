import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { useCluster } from '../support/cluster.js';
import { freePort } from '../support/free-port.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { canTestTls, makeCertificate } from '../support/tls-redis.js';
import { tlsFrontOf } from '../support/tls-front.js';
import { waitFor } from '../support/wait-for.js';

const itByTls = it.skipIf(!(await canTestTls()));

const folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-cluster-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const certificate = (await canTestTls()) ? makeCertificate(folder, { names: 'IP:127.0.0.1' }) : '';

/** Ports for TLS, beside those for the tests to look at the nodes. */
const tlsPorts: number[] = [];

const cluster = useCluster({
  replicas: 0,
  settings: async (): Promise<Readonly<Record<string, string>>> => {
    if (certificate === '') {
      return {};
    }
    const port = await freePort();
    tlsPorts.push(port);
    return {
      'tls-port': String(port),
      'tls-cert-file': certificate,
      'tls-key-file': join(folder, 'key.pem'),
      'tls-ca-cert-file': certificate,
      'tls-auth-clients': 'no',
    };
  },
});

const nodes = (): { host: string; port: number }[] =>
  tlsPorts.map((port) => ({ host: '127.0.0.1', port }));

/** The nodes name their other ports: those for TLS only where they also speak TLS with each other. */
const natMap = (): Record<string, { host: string; port: number }> =>
  Object.fromEntries(
    cluster.nodes.map(({ port }, index) => [
      `127.0.0.1:${port}`,
      { host: '127.0.0.1', port: tlsPorts[index] ?? 0 },
    ]),
  );

itByTls('each connection to a node of a Cluster speaks TLS', async () => {
  const queue = randomQueue();
  const { workers, client, lines } = openReqRep({
    connection: {
      nodes: nodes().slice(0, 1),
      natMap: natMap(),
      redisOptions: { tls: { ca: readFileSync(certificate) } },
    },
    hotQueues: [queue],
  });
  await workers.serve(queue, (data) => data);
  const numbers = Array.from({ length: 32 }, (_, index) => index);
  expect(await Promise.all(numbers.map((number) => client.request(queue, number)))).toEqual(
    numbers,
  );
  expect(lines.filter((line) => !line.startsWith('log '))).toEqual([]);
});

itByTls('a certificate that is not trusted is named, and tried again', async () => {
  const { client, lines } = openReqRep({
    connection: { nodes: nodes(), redisOptions: { tls: {} } },
  });
  client.emit(randomQueue(), 'never sent').subscribe({ error: () => undefined });
  await waitFor(() => lines.length > 0);
  expect(lines[0]).toMatch(/^error rediss\+cluster:.* that this process does not trust.*Retrying/);
});

itByTls('each node is asked for by its name, where natMap has one', async () => {
  const place = mkdtempSync(join(folder, 'named-'));
  const own = { cert: makeCertificate(place), key: join(place, 'key.pem') };
  const fronts = await Promise.all(cluster.nodes.map(({ port }) => tlsFrontOf(port, own)));
  const outside = fronts.map(({ port }) => ({ host: 'localhost', port }));
  const entries = cluster.nodes.map(({ port }, index) => [`127.0.0.1:${port}`, outside[index]]);
  const queue = randomQueue();
  const { workers, client } = openReqRep({
    connection: {
      nodes: outside.slice(0, 1),
      natMap: Object.fromEntries(entries),
      redisOptions: { tls: { ca: readFileSync(own.cert) } },
    },
    hotQueues: [queue],
  });
  await workers.serve(queue, (data) => data);
  expect(await client.request(queue, 'named')).toBe('named');
  for (const { names } of fronts) {
    expect([...new Set(names)]).toEqual(['localhost']);
  }
});
