import { Redis } from 'ioredis';

/** What a Redis server used in a while. */
export interface RedisUsage {
  /** User and system time, us. */
  readonly cpu: number;
  readonly commands: number;
}

/** Asks the server of the benchmark what it has used, and who is connected. */
export class RedisMeter {
  private readonly redis: Redis;

  constructor(url: string) {
    this.redis = new Redis(url);
  }

  /** @returns a function that says what was used since. */
  async begin(): Promise<() => Promise<RedisUsage>> {
    const before = await this.read();
    return async () => {
      const after = await this.read();
      return { cpu: after.cpu - before.cpu, commands: after.commands - before.commands };
    };
  }

  /** Connections of others. */
  async connections(): Promise<number> {
    return (await this.field('clients', 'connected_clients')) - 1;
  }

  async version(): Promise<string> {
    return /redis_version:(\S+)/.exec(await this.redis.info('server'))?.[1] ?? 'unknown';
  }

  async empty(): Promise<void> {
    await this.redis.flushall();
  }

  close(): void {
    this.redis.disconnect();
  }

  private async read(): Promise<RedisUsage> {
    const user = await this.field('cpu', 'used_cpu_user');
    const system = await this.field('cpu', 'used_cpu_sys');
    const commands = await this.field('stats', 'total_commands_processed');
    return { cpu: (user + system) * 1e6, commands };
  }

  private async field(section: string, name: string): Promise<number> {
    const text = await this.redis.info(section);
    return Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(text)?.[1]);
  }
}
