import type { InjectionToken } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';

/**
 * Distances of a module from the root module. Nest calls start hooks by falling distance and shutdown hooks by rising distance;
 * global modules have the largest finite distance.
 */
const DISTANCES = { outermost: Infinity, innermost: -Infinity } as const;

/**
 * Sets when the hooks of the modules with a provider run: `outermost` modules start first and shut down last, `innermost`
 * modules start last and shut down first. Call it before Nest calls the first hook.
 *
 * @returns whether this version of Nest allows it. Where it does not, the order follows from the imports.
 */
export function placeHooks(
  discovery: Pick<DiscoveryService, 'getProviders'>,
  provider: InjectionToken,
  distance: keyof typeof DISTANCES,
): boolean {
  const hosts = discovery
    .getProviders()
    .filter(({ token }) => token === provider)
    .map(({ host }) => host);
  // The distance is not public: the application must also start with a version of Nest that has none, or a read-only one.
  return (
    hosts.length > 0 &&
    hosts.every(
      (host) =>
        typeof host?.distance === 'number' && Reflect.set(host, 'distance', DISTANCES[distance]),
    )
  );
}
