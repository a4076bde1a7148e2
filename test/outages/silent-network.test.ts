import { testOutage } from './outage.js';

testOutage({
  name: 'the network is silent',
  isSilent: true,
  begin: (_, proxy) => proxy.silence(),
  end: (_, proxy) => proxy.speak(),
});
