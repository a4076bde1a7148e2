import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis, type RedisOptions } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { freePort } from './free-port.js';
import { inSync } from './redis-pair.js';
import { RestartableRedis, type ServerSettings } from './restartable-redis.js';
import { ServerProcess } from './server-process.js';
import { waitFor } from './wait-for.js';

/** What the sentinels call the primary. */
const NAME = 'main';

const SENTINELS = 3;

/**
 * How long the primary has to be away before a replica takes its place, ms: with less a busy machine would replace one that is
 * well, and with more a failover takes longer than a lease.
 */
const DOWN_AFTER = 5_000;

/** How long writes wait at most while a replica is to take the place of the primary, ms. */
const PAUSE = 30_000;

/** A primary with replicas, and sentinels that let one of these take its place. */
export interface TestSentinel {
  /** For ioredis. */
  readonly connection: Readonly<RedisOptions>;
  /** The server that the sentinels send everybody to. */
  primary(): Promise<RestartableRedis>;
  /** Lets a replica take the place of the primary, which becomes a replica later. Resolves once the new one is known. */
  failover(): Promise<void>;
  /** As {@link failover}, but the primary takes no writes from before until the replica has all of them. */
  plannedFailover(): Promise<void>;
  /** Resolves once the sentinels send everybody to another server than this one. */
  replaced(old: RestartableRedis): Promise<void>;
}

/** Starts a primary with replicas and three sentinels before the tests of the file, and stops them behind these. */
export function useSentinel({
  replicas,
  settings = {},
}: {
  replicas: number;
  /** Of the servers. */
  settings?: ServerSettings;
}): TestSentinel {
  let site: SentinelSite;
  beforeAll(async () => {
    site = await SentinelSite.open(replicas, settings);
  });
  afterAll(() => site.close());
  return {
    get connection() {
      return site.connection;
    },
    primary: () => site.primary(),
    failover: () => site.failover(),
    plannedFailover: () => site.plannedFailover(),
    replaced: (old) => site.replaced(old),
  };
}

class SentinelSite {
  private readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-sentinel-'));
  private readonly servers: RestartableRedis[] = [];
  private readonly sentinels: { readonly port: number; readonly process: ServerProcess }[] = [];

  static async open(replicas: number, settings: ServerSettings): Promise<SentinelSite> {
    const site = new SentinelSite();
    const primary = await site.addServer(settings);
    for (let replica = 0; replica < replicas; replica++) {
      const server = await site.addServer(settings);
      await server.look((redis) => redis.replicaof('127.0.0.1', primary.port));
    }
    for (let sentinel = 0; sentinel < SENTINELS; sentinel++) {
      await site.addSentinel(primary.port);
    }
    await site.agreed(replicas);
    return site;
  }

  get connection(): RedisOptions {
    const sentinels = this.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
    return { sentinels, name: NAME };
  }

  async primary(): Promise<RestartableRedis> {
    const port = await this.primaryPort();
    const server = this.servers.find((one) => one.port === port);
    if (!server) {
      throw new Error(`The sentinels know a primary on port ${port} that is not ours`);
    }
    return server;
  }

  async failover(): Promise<void> {
    const old = await this.primary();
    // It is refused while a replica still makes up for what it missed.
    await this.ask((sentinel) =>
      waitFor(
        () =>
          sentinel.call('SENTINEL', 'FAILOVER', NAME).then(
            () => true,
            () => false,
          ),
        30_000,
      ),
    );
    await this.replaced(old);
  }

  async plannedFailover(): Promise<void> {
    const old = await this.primary();
    await old.look((redis) => redis.call('CLIENT', 'PAUSE', String(PAUSE), 'WRITE'));
    await inSync(old);
    await this.failover();
    // Before they have left, it would take the writes that still wait there.
    await old.look((redis) =>
      waitFor(
        async () => !String(await redis.client('LIST')).includes('name=nestjs-reqrep:'),
        PAUSE,
      ),
    );
    await old.look((redis) => redis.call('CLIENT', 'UNPAUSE'));
  }

  async replaced(old: RestartableRedis): Promise<void> {
    await waitFor(async () => (await this.primaryPort()) !== old.port, 30_000);
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.sentinels.map(({ process }) => process.kill()),
      ...this.servers.map((server) => server.stop()),
    ]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async addServer(settings: ServerSettings): Promise<RestartableRedis> {
    const server = await RestartableRedis.start({
      appendonly: 'no',
      'repl-diskless-sync-delay': '0',
      'replica-announce-ip': '127.0.0.1',
      ...settings,
    });
    this.servers.push(server);
    return server;
  }

  private async addSentinel(primaryPort: number): Promise<void> {
    const port = await freePort();
    const file = join(this.folder, `${port}.conf`);
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${this.folder}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} 2`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER}`,
      `sentinel failover-timeout ${NAME} 10000`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    this.sentinels.push({
      port,
      process: await ServerProcess.start(port, [file, '--sentinel']),
    });
  }

  /** Resolves when all of them know each other and the replicas, without which none can do anything. */
  private async agreed(replicas: number): Promise<void> {
    await Promise.all(
      this.sentinels.map(({ port }) =>
        ask(port, (sentinel) =>
          waitFor(async () => {
            const known = toRecord((await sentinel.call('SENTINEL', 'MASTER', NAME)) as string[]);
            return (
              known['num-slaves'] === String(replicas) &&
              known['num-other-sentinels'] === String(SENTINELS - 1)
            );
          }, 25_000),
        ),
      ),
    );
  }

  private async primaryPort(): Promise<number> {
    const address = (await this.ask((sentinel) =>
      sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME),
    )) as string[];
    return Number(address[1]);
  }

  private ask<T>(question: (sentinel: Redis) => Promise<T>): Promise<T> {
    return ask(this.sentinels[0]?.port ?? 0, question);
  }
}

async function ask<T>(port: number, question: (sentinel: Redis) => Promise<T>): Promise<T> {
  const sentinel = new Redis(port, '127.0.0.1', { enableReadyCheck: false });
  try {
    return await question(sentinel);
  } finally {
    sentinel.disconnect();
  }
}

function toRecord(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.flatMap((name, index) => (index % 2 === 0 ? [[name, pairs[index + 1]]] : [])),
  ) as Record<string, string>;
}
