import { testOutage } from './outage.js';

testOutage({
  name: 'the network is away',
  begin: (_, proxy) => proxy.refuse(),
  end: (_, proxy) => proxy.accept(),
});
