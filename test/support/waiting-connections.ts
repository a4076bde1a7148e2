import type { Redis } from 'ioredis';

/** @returns the line of `CLIENT LIST` of each connection that waits for a job or a reply. */
export async function waitingConnections(redis: Redis): Promise<string[]> {
  const connections = String(await redis.client('LIST')).split('\n');
  return connections.filter((connection) => connection.includes('cmd=blmove'));
}
