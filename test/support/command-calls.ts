import type { Redis } from 'ioredis';

/** How often a server has carried out a command since it began to count, which `CONFIG RESETSTAT` does anew. */
export async function commandCalls(redis: Redis, command: string): Promise<number> {
  const stats = await redis.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
