import { testOutage } from './outage.js';

testOutage({
  name: 'Redis refuses writes past stallLimit',
  options: { lease: 1_000, stallLimit: 3_000 },
  begin: (redis) =>
    redis.look(async (look) => void (await look.config('SET', 'min-replicas-to-write', '1'))),
  end: (redis) =>
    redis.look(async (look) => void (await look.config('SET', 'min-replicas-to-write', '0'))),
});
