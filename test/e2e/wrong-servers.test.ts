import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { filter, firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PushFailedError, RequestTimeoutError } from '../../lib/index.js';
import type { ConnectionOption } from '../../lib/redis/topology/connection-option.js';
import { echoOf } from '../support/echo-worker.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { freePort } from '../support/free-port.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { answering, stubServer } from '../support/stub-server.js';
import { canTestTls, startTlsRedis } from '../support/tls-redis.js';

const redis = useRedis();
const SECRET = 'correct-horse-battery-staple';

/**
 * Asks a worker of an application with this connection. @returns the error, and the line that the log has, but for how often it
 * came.
 */
async function askBy(connection: ConnectionOption, timeout = 5_000) {
  const queue = randomQueue();
  const { client, log } = await startApp({ connection }, [echoOf(queue)]);
  const error = await failureOf(client.send(queue, 1, { timeout }));
  const lines = log.lines.filter((line) => !line.includes('more times'));
  expect(lines).toHaveLength(1);
  expect(inspect(error, { depth: 10 }) + log.text).not.toContain(SECRET);
  return { error: error as Error & { cause: Error & { code?: string } }, line: lines[0] ?? '' };
}

/** What is refused until somebody changes something: all requests end with that at once. */
async function refusalBy(connection: ConnectionOption): Promise<string> {
  const { error, line } = await askBy(connection);
  expect(error).toBeInstanceOf(PushFailedError);
  const { message } = error.cause;
  expect(error.message).toContain(message);
  expect(line).toContain(`error ${message}. Retrying until it works`);
  return message;
}

describe('a server that refuses us', () => {
  const at = (port: number): string => `redis://127.0.0.1:${port}/0`;

  it('for the password names the user, and not the password', async () => {
    const message = await refusalBy(`redis://joe:${SECRET}@127.0.0.1:${redis.port}`);
    expect(message).toMatch(/ refuses the password of the user "joe" \(WRONGPASS .*\): correct /);
    expect(message).toContain(at(redis.port));
  });

  it('is used once the password is right', async () => {
    const queue = randomQueue();
    const connection = `redis://late:${SECRET}@127.0.0.1:${redis.port}`;
    const { client, log } = await startApp({ connection }, [echoOf(queue)]);
    expect(log.text).toContain('WRONGPASS');
    await redis.look.call('ACL', 'SETUSER', 'late', 'on', `>${SECRET}`, '~*', '&*', '+@all');
    await firstValueFrom(client.status$.pipe(filter((state) => state === 'ready')));
    expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
    expect(log.text).toContain('Redis can be used again');
  });

  it('for want of a password says how to give it', async () => {
    const port = await stubServer(answering('-NOAUTH Authentication required.\r\n'));
    expect(await refusalBy(`redis://127.0.0.1:${port}`)).toBe(
      `${at(port)} requires a password, but none was set (NOAUTH): set \`password\`, or connect to redis://:PASSWORD@host`,
    );
  });

  it('although it was given a password says that', async () => {
    const port = await stubServer(answering('-NOAUTH Authentication required.\r\n'));
    expect(await refusalBy(`redis://joe:${SECRET}@127.0.0.1:${port}`)).toContain(
      'asks the user "joe" for a password although one was sent (NOAUTH)',
    );
  });

  it('what every connection needs names the user', async () => {
    const port = await stubServer(answering('-NOPERM this user has no permissions\r\n'));
    expect(await refusalBy(`redis://joe:${SECRET}@127.0.0.1:${port}`)).toContain(
      'refuses the user "joe" a command that every connection needs (NOPERM',
    );
  });

  it('in protected mode says what that is', async () => {
    const words = '-DENIED Redis is running in protected mode because it is enabled.\r\n';
    const port = await stubServer((socket) => socket.end(words));
    expect(await refusalBy(`redis://127.0.0.1:${port}`)).toContain(
      'is in protected mode and refuses connections from other machines (DENIED): set a password on the server',
    );
  });
});

describe('another program', () => {
  it.each<[string, string, string]>([
    ['NATS', 'INFO {"server_id":"NB"}\r\n', 'INFO {"server_id":"NB"}'],
    ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n', 'SSH-2.0-OpenSSH_9.2'],
  ])('that speaks first is quoted: %s', async (_, greeting, quoted) => {
    const port = await stubServer((socket) => socket.write(greeting));
    expect(await refusalBy(`redis://127.0.0.1:${port}`)).toBe(
      `redis://127.0.0.1:${port}/0 is not a Redis server (it says "${quoted}"): correct the host and the port`,
    );
  });

  it('that speaks HTTP is quoted', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await refusalBy(`redis://127.0.0.1:${port}`)).toContain('it says "HTTP/1.1 400');
  });

  it('that closes each connection at once is said to, and requests wait', async () => {
    const port = await stubServer((socket) => socket.destroy());
    const { error, line } = await askBy(`redis://127.0.0.1:${port}`, 1_500);
    expect(error).toBeInstanceOf(RequestTimeoutError);
    expect(line).toContain(
      `error redis://127.0.0.1:${port}/0 closes each connection without an answer`,
    );
    expect(error.message).toContain(error.cause.message);
  });

  it('that is a Sentinel says how to give it', async () => {
    const info = '# Server\r\nredis_version:7.0.0\r\nredis_mode:sentinel\r\n';
    const answer = `$${info.length}\r\n${info}\r\n`;
    const port = await stubServer(answering(answer));
    expect(await refusalBy({ host: '127.0.0.1', port, protocol: 2 } as object)).toContain(
      'is a Sentinel, which holds no data: set `sentinels: [{ host, port }]` to its address',
    );
  });
});

describe('a server that is not there', () => {
  it.each<[string, string, string, string]>([
    ['ECONNREFUSED', '127.0.0.1', 'warn', 'start Redis there, or correct `connection`'],
    ['ENOTFOUND', 'nowhere.invalid', 'error', 'correct the host name'],
  ])('%s is in the line, in the error and its cause', async (code, host, level, advice) => {
    const port = await freePort();
    const { error, line } = await askBy(`redis://${host}:${port}`, 1_000);
    expect(line).toMatch(new RegExp(`^${level} redis://${host}:${port}/0 cannot be reached`));
    expect(error).toBeInstanceOf(RequestTimeoutError);
    expect(error.cause.code).toBe(code);
    for (const text of [line, error.message, error.cause.message]) {
      expect(text).toContain(code);
      expect(text).toContain(advice);
    }
  });

  it('is told of to who emits, too', async () => {
    const { client } = await startApp({ connection: `redis://127.0.0.1:${await freePort()}` });
    const error = (await failureOf(client.emit(randomQueue(), 1, { timeout: 500 }))) as Error;
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('where Sentinels know no such primary, they are said to', async () => {
    const port = await stubServer(answering('-ERR No such master with that name\r\n'));
    const sentinels = [{ host: '127.0.0.1', port }];
    const { line } = await askBy({ sentinels, name: 'other', protocol: 2 } as object, 1_000);
    expect(line).toContain(
      `error redis+sentinel://127.0.0.1:${port}/other/0 has Sentinels that do not know a primary "other": correct \`name\``,
    );
  });
});

describe.skipIf(!(await canTestTls()))('TLS (needs openssl, and a server with TLS)', () => {
  it('where there is none', async () => {
    const message = await refusalBy(`rediss://127.0.0.1:${redis.port}`);
    expect(message).toContain(
      `rediss://127.0.0.1:${redis.port}/0 does not speak TLS: use redis://`,
    );
  });

  it('none where it is needed', async () => {
    const { port } = await startTlsRedis();
    expect(await refusalBy(`redis://localhost:${port}`)).toContain('requires TLS: use rediss://');
  });

  it('with a certificate of nobody known', async () => {
    const { port } = await startTlsRedis();
    const message = await refusalBy(`rediss://localhost:${port}`);
    expect(message).toContain('a certificate that this process does not trust');
    expect(message).toContain('`tls: { ca }`');
  });

  it('with a certificate for another name', async () => {
    const { port, ca } = await startTlsRedis();
    const message = await refusalBy({ host: '127.0.0.1', port, tls: { ca } });
    expect(message).toContain('has a certificate for other names');
  });

  it('with a certificate that has expired', async () => {
    const { port, ca } = await startTlsRedis({ expired: true });
    const message = await refusalBy({ host: 'localhost', port, tls: { ca } });
    expect(message).toContain('has a certificate that has expired');
  });

  it('where clients need a certificate', async () => {
    const { port, ca } = await startTlsRedis({ asksClients: true });
    const message = await refusalBy({ host: 'localhost', port, tls: { ca } });
    expect(message).toContain('requires a client certificate');
    expect(message).toContain('`tls: { cert, key }`');
  });

  it('as it should be', async () => {
    const { port, ca } = await startTlsRedis();
    const queue = randomQueue();
    const connection = { host: 'localhost', port, tls: { ca } };
    const { client, log } = await startApp({ connection }, [echoOf(queue)]);
    expect(await firstValueFrom(client.send(queue, 1))).toBe(1);
    expect(log.text).toBe('');
  });
});
