import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { redisBinary } from '../../sample-app/src/local-redis.js';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';

/** Whether the system can make certificates, and its server speaks TLS. */
export async function canTestTls(): Promise<boolean> {
  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  const { stdout, stderr } = spawnSync(await redisBinary(), ['--tls-port', 'x'], {
    encoding: 'utf8',
  });
  // One that was built without it does not know the word.
  return hasOpenssl && !/bad directive or wrong number/i.test(stdout + stderr);
}

/** Starts a server that speaks only TLS, with a certificate for `localhost` of its own making, for one test. */
export async function startTlsRedis({ expired = false, asksClients = false } = {}): Promise<{
  readonly port: number;
  readonly ca: string;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const cert = makeCertificate(folder, { expired });
  const port = await freePort();
  const settings = {
    port: '0',
    'tls-port': String(port),
    'tls-cert-file': cert,
    'tls-key-file': join(folder, 'key.pem'),
    'tls-ca-cert-file': cert,
    'tls-auth-clients': asksClients ? 'yes' : 'no',
    save: '',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await ServerProcess.start(port, args);
  onTestFinished(() => server.kill());
  return { port, ca: readFileSync(cert, 'utf8') };
}

/**
 * Makes a certificate, and its key in `key.pem`. Only as an authority does `openssl` make one that has expired.
 * @param names - the names that it is for, as in `subjectAltName`.
 * @param subject - its own name, by which an authority is found.
 * @returns its file.
 */
export function makeCertificate(
  folder: string,
  { expired = false, names = 'DNS:localhost', subject = 'localhost' } = {},
): string {
  const file = (name: string): string => join(folder, name);
  const openssl = (args: string): void => {
    execFileSync('openssl', args.split(' '), { stdio: 'ignore', cwd: folder });
  };
  writeFileSync(file('index.txt'), '');
  writeFileSync(file('ca.conf'), `${AUTHORITY}subjectAltName = ${names}\n`);
  openssl(
    `req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=${subject} -keyout key.pem -out request.pem`,
  );
  const now = new Date();
  const [first, last] = (expired ? [-2, -1] : [-1, 2]).map((days) =>
    new Date(now.getTime() + days * DAY_MS).toISOString().replaceAll(/[-:T]|\.\d+/g, ''),
  );
  openssl(
    `ca -batch -selfsign -config ca.conf -extensions names -in request.pem -keyfile key.pem -out cert.pem -notext ` +
      `-startdate ${first} -enddate ${last}`,
  );
  return file('cert.pem');
}

const DAY_MS = 86_400_000;

const AUTHORITY = `
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
default_md = sha256
rand_serial = yes
policy = any
[any]
commonName = supplied
[names]
`;
