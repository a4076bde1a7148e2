import { testOutage } from './outage.js';

testOutage({
  name: 'Redis stands still',
  isSilent: true,
  begin: (redis) => redis.freeze(),
  end: (redis) => redis.thaw(),
});
