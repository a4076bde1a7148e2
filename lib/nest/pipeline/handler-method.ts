import type { DiscoveryService } from '@nestjs/core';

/** A provider or controller as Nest stores it. */
export type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A method with `@OnJob`. */
export interface HandlerMethod {
  /** The provider or controller with the method; where it is scoped, Nest creates an instance for each job. */
  readonly wrapper: ProviderWrapper;
  /** The class that has the method. */
  readonly classRef: Function;
  readonly method: string;
  /** The function of the class, which carries the metadata of the decorators. The worker calls the current method of the object instead. */
  readonly declared: Function;
}

/** Calls the current method of the object, which may be a spy of a test, or a wrapper that the constructor has set. */
export const callHandler = <Method extends string>(
  host: object,
  method: Method,
  ...args: readonly unknown[]
): unknown => (host as Record<Method, (...args: readonly unknown[]) => unknown>)[method](...args);
