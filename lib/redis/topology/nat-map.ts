import type { RedisOptions } from 'ioredis';

/** Addresses behind NAT, and where to reach them: see `natMap` of ioredis. */
export type NatMap = NonNullable<RedisOptions['natMap']>;

/** @returns where a server is reached; `undefined` where the map does not have its address. */
export const mappedBy = (natMap: NatMap | undefined, address: string) =>
  typeof natMap === 'function' ? natMap(address) : natMap?.[address];
