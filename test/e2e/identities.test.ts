import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OnJob } from '../../lib/index.js';
import { MAX_RETURN_MS } from '../../lib/worker/liveness/outage-history.js';
import { connectionSource } from '../../lib/redis/topology/connection-source.js';
import { Connection } from '../../lib/redis/connection/connection.js';
import { redisBinary } from '../../sample-app/src/local-redis.js';
import { echoOf } from '../support/echo-worker.js';
import { startApp } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { waitFor } from '../support/wait-for.js';

/** A server on a Unix socket, where all clients have one address, which starts anew on demand. */
class SocketServer {
  readonly path: string;
  private readonly folder = mkdtempSync(join(tmpdir(), 'reqrep-'));
  private child: ChildProcess | undefined;
  private readonly open: Redis[] = [];

  constructor(private readonly args: readonly string[]) {
    this.path = join(this.folder, 'redis.sock');
  }

  async start(): Promise<void> {
    const args = ['--port', '0', '--unixsocket', this.path, '--dir', this.folder, '--save', ''];
    this.child = spawn(await redisBinary(), [...args, ...this.args], { stdio: 'ignore' });
    const probe = this.connect();
    await probe.ping();
    probe.disconnect();
  }

  private connect(): Redis {
    const client = new Redis(this.path, {
      retryStrategy: () => 10,
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
    });
    client.on('error', () => undefined);
    return client;
  }

  async kill(): Promise<void> {
    if (this.child?.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
  }

  /** Connections of somebody else, with the first ids that the server gives, and how many of them have been closed. */
  async strangers(count: number): Promise<{ closed: number; look: Redis }> {
    const seen = { closed: 0, look: this.connect() };
    const clients = Array.from({ length: count }, () => this.connect());
    for (const client of clients) {
      client.on('close', () => seen.closed++);
      await client.ping();
    }
    this.open.push(seen.look, ...clients);
    return seen;
  }

  async remove(): Promise<void> {
    this.open.forEach((client) => client.disconnect());
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe.each<[string, readonly string[]]>([
  ['tells its run id', []],
  ['does not tell its run id', ['--rename-command', 'INFO', '']],
])('on a Unix socket of a server that %s', (_, args) => {
  let server: SocketServer;

  beforeEach(async () => {
    server = new SocketServer(args);
    await server.start();
  });
  afterEach(() => server.remove());

  it('no connection of others is closed after a restart', async () => {
    const queues = Array.from({ length: 8 }, randomQueue);
    const apps = [];
    for (const queue of queues) {
      const options = { connection: server.path, lease: 200, stallLimit: 400 };
      apps.push(await startApp(options, [echoOf(queue)]));
    }
    for (const [index, { client }] of apps.entries()) {
      expect(await firstValueFrom(client.send(queues[index] ?? '', index))).toBe(index);
    }
    await server.kill();
    const starting = server.start();
    // They are first, so that they have the ids that ours had before.
    const strangers = await starting.then(() => server.strangers(30));
    for (const [index, { client }] of apps.entries()) {
      expect(await firstValueFrom(client.send(queues[index] ?? '', index))).toBe(index);
    }
    await Promise.all(apps.map(({ app }) => app.close()));
    expect(strangers.closed).toBe(0);
  });

  it('neither is one that has the id of a lost worker, nor does that keep the worker alive', async () => {
    const queue = randomQueue();
    const strangers = await server.strangers(30);
    const { look } = strangers;
    const ids = String(await look.client('LIST')).matchAll(/\bid=(\d+) addr=(\S+)/g);
    const connections = [...ids].map(([, id, address]) => `${id}@${address}`);
    const isNamed = args.length > 0;
    const told = connections.map((each) => (isNamed ? `${each}@nestjs-reqrep:old:1` : each));
    await look.hset(`${queue}worker:dead`, {
      slots: 1,
      connections: told.join(' '),
      server: isNamed ? '' : 'f'.repeat(40),
    });
    await look.zadd(`${queue}workers`, Date.now() - 1_000, 'dead');
    await look.rpush(`${queue}active:dead:0`, JSON.stringify(['job', 'left behind', { n: 3 }]));
    const seen: unknown[] = [];
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(data: unknown) {
        seen.push(data);
      }
    }
    // It would wait for an hour if it took the worker for alive; as it is, it only waits for whoever lost the former server.
    const options = { connection: server.path, lease: 3_000, stallLimit: 3_600_000 };
    const { app } = await startApp(options, [Worker]);
    await waitFor(() => seen.length === 1, MAX_RETURN_MS + 10_000);
    await app.close();
    expect(strangers.closed).toBe(0);
  });

  it('a worker of an earlier version, which tells neither, is taken over from without closing anything', async () => {
    const queue = randomQueue();
    const strangers = await server.strangers(30);
    const { look } = strangers;
    const ids = String(await look.client('LIST')).matchAll(/\bid=(\d+) addr=(\S+)/g);
    const connections = [...ids].map(([, id, address]) => `${id}@${address}`).join(' ');
    await look.hset(`${queue}worker:dead`, 'slots', 1, 'connections', connections);
    await look.zadd(`${queue}workers`, Date.now() - 1_000, 'dead');
    await look.rpush(`${queue}active:dead:0`, JSON.stringify(['job', 'left behind', { n: 3 }]));
    const seen: unknown[] = [];
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(data: unknown) {
        seen.push(data);
      }
    }
    const options = { connection: server.path, lease: 200, stallLimit: 400 };
    const { app } = await startApp(options, [Worker]);
    await waitFor(() => seen.length === 1);
    await app.close();
    expect(strangers.closed).toBe(0);
  });

  it('a connection of ours is closed, and its blocking call ended', async () => {
    const source = connectionSource(server.path);
    const [one, other] = [0, 1].map(() => new Connection(source, 'test'));
    if (!one || !other) {
      throw new Error('There are two');
    }
    await Promise.all([one.ready(), other.ready()]);
    const blocked = one.redis.blpop('nothing', 0);
    const { identity } = one;
    if (!identity) {
      throw new Error('The server tells it');
    }
    let answer: unknown = 'none yet';
    void blocked.then((value) => {
      answer = value;
    });
    await waitFor(async () => {
      await other.unblock(identity);
      return answer === null;
    });
    const closed = once(one.redis, 'close');
    expect(await other.cut(identity)).toBe(true);
    await closed;
    // What has gone is known to be gone; what nothing proves is not.
    expect(await other.cut(identity)).toBe(true);
    expect(await other.cut({ ...identity, server: undefined, name: undefined })).toBe(false);
    one.close();
    other.close();
  });
});
