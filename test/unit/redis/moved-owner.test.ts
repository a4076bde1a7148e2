import { expect, it } from 'vitest';
import { ownerNamedBy } from '../../../lib/redis/topology/moved-owner.js';
import { refusal } from './support/fake-server.js';

const BY = { host: '10.0.0.1', port: 7_000 };

it.each([
  ['MOVED 3999 10.0.0.2:7001', { host: '10.0.0.2', port: 7_001 }],
  ['MOVED 3999 redis-2.example:7001', { host: 'redis-2.example', port: 7_001 }],
  ['MOVED 3999 fe80::1:7001', { host: 'fe80::1', port: 7_001 }],
  ['MOVED 3999 :7001', { host: '10.0.0.1', port: 7_001 }],
  ['MOVED 3999 ?:7001', { host: '10.0.0.1', port: 7_001 }],
  ['ASK 3999 10.0.0.2:7001', undefined],
  ['CLUSTERDOWN The cluster is down', undefined],
  ['MOVED to nowhere', undefined],
])('the refusal "%s" names %o', (message, owner) => {
  expect(ownerNamedBy(refusal(message), BY)).toEqual(owner);
});
