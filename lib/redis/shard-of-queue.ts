import { createHash } from 'node:crypto';

/**
 * Finds the shard that holds a queue: the first four bytes of the SHA-256 of its name, modulo the number of shards. CRC16 would put queues
 * whose names differ by a number only into few shards.
 * @returns its index, from 0.
 */
export const shardIndexOf = (queue: string, shards: number): number =>
  createHash('sha256').update(queue).digest().readUInt32BE() % shards;
