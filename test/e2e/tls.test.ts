import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { InvalidOptionError, type ConnectionOption } from '../../lib/index.js';
import { freePort } from '../support/free-port.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { RestartableRedis } from '../support/restartable-redis.js';
import { stubSentinel } from '../support/stub-sentinel.js';
import { tlsFrontOf } from '../support/tls-front.js';
import { canTestTls, makeCertificate } from '../support/tls-redis.js';
import { waitFor } from '../support/wait-for.js';

const plain = useRedis();
const folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The files of a certificate with its key; the certificate is its own authority. */
interface Certificate {
  readonly cert: string;
  readonly key: string;
}

let made = 0;

function certificate(
  options: Parameters<typeof makeCertificate>[1] = {},
  name = `${made++}`,
): Certificate {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  return {
    cert: makeCertificate(place, { subject: `own-${made++}`, ...options }),
    key: join(place, 'key.pem'),
  };
}

/** Starts a server with a certificate, which asks clients for theirs where it has an authority for these. */
async function serverWith(own: Certificate, clients?: Certificate): Promise<RestartableRedis> {
  const port = await freePort();
  const settings = {
    port: '0',
    'tls-port': String(port),
    'tls-cert-file': own.cert,
    'tls-key-file': own.key,
    'tls-ca-cert-file': (clients ?? own).cert,
    'tls-auth-clients': clients ? 'yes' : 'no',
  };
  const server = await RestartableRedis.start(settings, port);
  onTestFinished(() => server.stop());
  return server;
}

const text = (file: string): string => readFileSync(file, 'utf8');

const troublesIn = (lines: readonly string[]): string[] =>
  lines.filter((line) => !line.startsWith('log '));

/** Expects that requests go well. */
async function expectServed(connection: ConnectionOption): Promise<void> {
  const queue = randomQueue();
  const { workers, client, lines } = openReqRep({ connection });
  await workers.serve(queue, (data) => data);
  expect(await client.request(queue, 'by TLS')).toBe('by TLS');
  expect(troublesIn(lines)).toEqual([]);
}

/** Lets a client send a job. @returns what was logged, and a promise that ends when the job was pushed. */
async function firstTroubleOf(connection: ConnectionOption) {
  const reqRep = openReqRep({ connection });
  reqRep.client.emit(randomQueue(), 'refused').subscribe({ error: () => undefined });
  await waitFor(() => troublesIn(reqRep.lines).length > 0);
  return { ...reqRep, trouble: troublesIn(reqRep.lines)[0] };
}

describe.skipIf(!(await canTestTls()))('TLS (needs openssl, and a server with TLS)', () => {
  it('a server with an authority of its own', async () => {
    const own = certificate();
    const { port } = await serverWith(own);
    await expectServed({ host: 'localhost', port, tls: { ca: text(own.cert) } });
  });

  it('a server that asks for a certificate', async () => {
    const [own, mine, other] = [certificate(), certificate(), certificate()];
    const { port } = await serverWith(own, mine);
    const tls = { ca: text(own.cert) };
    const where = `rediss://localhost:${port}/0`;
    await expectServed({
      host: 'localhost',
      port,
      tls: { ...tls, cert: text(mine.cert), key: text(mine.key) },
    });
    const missing = await firstTroubleOf({ host: 'localhost', port, tls });
    expect(missing.trouble).toContain(`error ${where} requires a client certificate`);
    const refused = await firstTroubleOf({
      host: 'localhost',
      port,
      tls: { ...tls, cert: text(other.cert), key: text(other.key) },
    });
    expect(refused.trouble).toContain(`error ${where} refuses the client certificate`);
    expect(refused.trouble).toContain('Retrying until it works');
  });

  it.each([
    ['of an unknown authority', {}, 'that this process does not trust', false],
    ['that has expired', { expired: true }, 'that has expired', true],
    ['for another host', { names: 'DNS:elsewhere.example' }, 'for other names', true],
  ])(
    'a certificate %s is named, until it was replaced',
    async (_what, options, reason, isTrusted) => {
      const name = `${made++}`;
      const bad = certificate(options, name);
      const wrong = text(bad.cert);
      const server = await serverWith(bad);
      const good = certificate();
      const ca = [text(good.cert), ...(isTrusted ? [wrong] : [])];
      const { client, workers, lines, trouble } = await firstTroubleOf({
        host: 'localhost',
        port: server.port,
        tls: { ca },
      });
      expect(trouble).toContain(
        `error rediss://localhost:${server.port}/0 has a certificate ${reason}`,
      );
      expect(trouble).toContain('Retrying until it works');
      await server.kill();
      for (const file of ['cert', 'key'] as const) {
        copyFileSync(good[file], bad[file]);
      }
      await server.restart();
      await waitFor(() => lines.includes('log Redis can be used again'));
      const queue = randomQueue();
      await workers.serve(queue, (data) => data);
      expect(await client.request(queue, 'again')).toBe('again');
    },
  );

  it.each([
    ['the name of the host', 'localhost', {}, 'localhost'],
    ['the name that is set', '127.0.0.1', { servername: 'localhost' }, 'localhost'],
    ['no name for an address', '127.0.0.1', {}, false],
  ])('a server is asked for by %s', async (_what, host, options, name) => {
    const own = certificate({ names: 'DNS:localhost,IP:127.0.0.1' });
    const front = await tlsFrontOf(plain.port, own);
    const tls = { ca: text(own.cert), ...options };
    await expectServed({ host, port: front.port, tls });
    expect([...new Set(front.names)]).toEqual([name]);
  });

  it('a primary is asked for by the name that the Sentinel has told, or that natMap has', async () => {
    const own = certificate();
    const front = await tlsFrontOf(plain.port, own);
    const tls = { ca: text(own.cert) };
    const named = await stubSentinel({ host: 'localhost', port: front.port });
    const mapped = await stubSentinel({ host: '10.0.0.1', port: 6379 });
    const natMap = { '10.0.0.1:6379': { host: 'localhost', port: front.port } };
    const options = { name: 'main', enableTLSForSentinelMode: true, tls };
    await expectServed({ ...options, sentinels: [{ host: '127.0.0.1', port: named.port }] });
    await expectServed({
      ...options,
      natMap,
      sentinels: [{ host: '127.0.0.1', port: mapped.port }],
    });
    expect([...new Set(front.names)]).toEqual(['localhost']);
  });

  it('TLS to a primary that ioredis would leave out is refused as an option', () => {
    const connection = { sentinels: [{ host: '127.0.0.1', port: 1 }], name: 'main', tls: {} };
    expect(() => openReqRep({ connection })).toThrow(InvalidOptionError);
    expect(() => openReqRep({ connection })).toThrow(/enableTLSForSentinelMode.*sentinelTLS/);
  });
});
