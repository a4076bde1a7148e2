import type { DiscoveryService } from '@nestjs/core';
import { expect, it } from 'vitest';
import { placeHooks } from '../../../lib/nest/module/hook-order.js';

type Wrappers = ReturnType<DiscoveryService['getProviders']>;

const discoveryOf = (...wrappers: object[]): Pick<DiscoveryService, 'getProviders'> => ({
  getProviders: () => wrappers as Wrappers,
});

it('sets the distance of every module with the provider, and of no other', () => {
  const [one, two, other] = [{ distance: 1 }, { distance: Number.MAX_VALUE }, { distance: 3 }];
  const discovery = discoveryOf(
    { token: 'ours', host: one },
    { token: 'theirs', host: other },
    { token: 'ours', host: two },
  );
  expect(placeHooks(discovery, 'ours', 'innermost')).toBe(true);
  expect([one, two, other].map(({ distance }) => distance)).toEqual([-Infinity, -Infinity, 3]);
  expect(placeHooks(discovery, 'ours', 'outermost')).toBe(true);
  expect([one, two, other].map(({ distance }) => distance)).toEqual([Infinity, Infinity, 3]);
});

it.each<[string, object[]]>([
  ['that knows no such provider', []],
  ['that tells no module of a provider', [{ token: 'ours' }]],
  ['whose modules have no distance', [{ token: 'ours', host: {} }]],
  [
    'whose distance cannot be set',
    [
      {
        token: 'ours',
        host: {
          get distance() {
            return 1;
          },
        },
      },
    ],
  ],
  ['whose modules are frozen', [{ token: 'ours', host: Object.freeze({ distance: 1 }) }]],
])('does not change the order with a Nest %s', (_, wrappers) => {
  const before = wrappers.map((wrapper) => JSON.stringify(wrapper));
  expect(placeHooks(discoveryOf(...wrappers), 'ours', 'innermost')).toBe(false);
  expect(wrappers.map((wrapper) => JSON.stringify(wrapper))).toEqual(before);
});
