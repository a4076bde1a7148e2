import type { TestRedis } from './redis.js';

/** Whether a server tells what a user may do, and has rules for reading alone: Redis from 7.0 on, and Valkey. */
export const tellsRights = async ({ look }: Pick<TestRedis, 'look'>): Promise<boolean> =>
  (await look.eval('return redis.acl_check_cmd and 1 or 0', 0)) === 1;
