import { Redis } from 'ioredis';

/** What the Redis servers of a system used in a while. */
export interface RedisUsage {
  /** User and system time of all, us. */
  readonly cpu: number;
  /** That of each node of a Cluster, us. */
  readonly cpuOfEach?: readonly number[];
  readonly commands: number;
}

/** Asks one server of the benchmark, or all masters of a Cluster, what they have used, and who is connected. */
export class RedisMeter {
  private readonly nodes: readonly Redis[];

  constructor(urls: readonly string[]) {
    this.nodes = urls.map((url) => new Redis(url));
  }

  /** @returns a function that says what was used since. */
  async begin(): Promise<() => Promise<RedisUsage>> {
    const before = await this.read();
    return async () => {
      const after = await this.read();
      const cpuOfEach = after.cpu.map((cpu, node) => cpu - (before.cpu[node] ?? 0));
      return {
        cpu: sum(cpuOfEach),
        ...(cpuOfEach.length > 1 ? { cpuOfEach } : {}),
        commands: after.commands - before.commands,
      };
    };
  }

  /** Connections of others: nodes of a Cluster do not count their own. */
  async connections(): Promise<number> {
    return sum(await this.fields('clients', 'connected_clients')) - this.nodes.length;
  }

  async version(): Promise<string> {
    const [info] = await Promise.all(this.nodes.map((node) => node.info('server')));
    return /redis_version:(\S+)/.exec(info ?? '')?.[1] ?? 'unknown';
  }

  async empty(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.flushall()));
  }

  close(): void {
    this.nodes.forEach((node) => node.disconnect());
  }

  private async read(): Promise<{ cpu: readonly number[]; commands: number }> {
    const user = await this.fields('cpu', 'used_cpu_user');
    const system = await this.fields('cpu', 'used_cpu_sys');
    const commands = await this.fields('stats', 'total_commands_processed');
    const cpu = user.map((seconds, node) => (seconds + (system[node] ?? 0)) * 1e6);
    return { cpu, commands: sum(commands) };
  }

  private async fields(section: string, name: string): Promise<number[]> {
    const texts = await Promise.all(this.nodes.map((node) => node.info(section)));
    return texts.map((text) => Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(text)?.[1]));
  }
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
