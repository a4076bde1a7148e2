import { testOutage } from './outage.js';

testOutage({
  name: 'Redis is killed and comes back with its data',
  isDeadly: true,
  begin: (redis) => redis.kill(),
  end: (redis) => redis.restart(),
});
