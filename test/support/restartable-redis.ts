import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';

/** As in `redis.conf`. */
export type ServerSettings = Readonly<Record<string, string>>;

/** A server that can be killed and started again on its port, with all that it had confirmed. */
export class RestartableRedis {
  private readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-redis-'));
  private server: ServerProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly settings: ServerSettings,
  ) {}

  /** @param port - default: a free one. */
  static async start(settings: ServerSettings = {}, port?: number): Promise<RestartableRedis> {
    const redis = new RestartableRedis(port ?? (await freePort()), settings);
    await redis.restart();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    await this.server?.kill();
    this.server = undefined;
  }

  /** Starts it after {@link kill}. */
  async restart(): Promise<void> {
    const settings = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.folder,
      save: '',
      appendonly: 'yes',
      appendfsync: 'always',
      ...this.settings,
    };
    // Redis 6.2 wants each word of a value by itself.
    const args = Object.entries(settings).flatMap(([name, value]) => [
      `--${name}`,
      ...value.split(' '),
    ]);
    this.server = await ServerProcess.start(this.port, args);
  }

  /** It stands still, and its connections with it, until {@link thaw}. */
  freeze(): void {
    this.server?.signal('SIGSTOP');
  }

  thaw(): void {
    this.server?.signal('SIGCONT');
  }

  /** Looks at it over a connection of its own. */
  async look<T>(see: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.url, { connectionName: 'look' });
    redis.on('error', () => undefined);
    try {
      return await see(redis);
    } finally {
      redis.disconnect();
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
