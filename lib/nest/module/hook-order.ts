import type { InjectionToken } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';

/**
 * Distances of a module from the root of its application. Nest calls the hooks of a start by falling distance, and those of
 * an end by rising distance; global modules have the largest finite number.
 */
const DISTANCES = { outermost: Infinity, innermost: -Infinity } as const;

/**
 * Puts the hooks of the modules that have a provider in their place: `outermost` starts before all other modules and ends
 * behind them, `innermost` starts behind all others and ends before them. To be called before Nest calls the first hook.
 *
 * @returns whether this version of Nest lets modules be placed. Where it does not, the order follows from the imports.
 */
export function placeHooks(
  discovery: Pick<DiscoveryService, 'getProviders'>,
  provider: InjectionToken,
  place: keyof typeof DISTANCES,
): boolean {
  const hosts = discovery
    .getProviders()
    .filter(({ token }) => token === provider)
    .map(({ host }) => host);
  // The distance is not public: an application must start all the same where a version of Nest has none, or a fixed one.
  return (
    hosts.length > 0 &&
    hosts.every(
      (host) =>
        typeof host?.distance === 'number' && Reflect.set(host, 'distance', DISTANCES[place]),
    )
  );
}
