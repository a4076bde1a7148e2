import type { Redis } from 'ioredis';

/** How often a server has carried out a command since it began to count, which `CONFIG RESETSTAT` does anew. */
export async function commandCalls(redis: Redis, command: string): Promise<number> {
  const stats = await redis.info('commandstats');
  // Of a command that belongs to another one, such as `client|list`.
  const name = command.replace('|', '\\|');
  return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
