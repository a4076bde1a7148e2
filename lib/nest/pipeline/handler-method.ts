import type { DiscoveryService } from '@nestjs/core';

/** What Nest knows of one provider or controller. */
export type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A method under `@OnJob`. */
export interface HandlerMethod {
  /** Where Nest keeps the object that has it, or makes one for each job. */
  readonly wrapper: ProviderWrapper;
  /** The class of that object. */
  readonly classRef: Function;
  readonly method: string;
  /** The method as its class has it, which says what its decorators said. Called is what the object has under its name. */
  readonly declared: Function;
}

/** Calls what the object has under the name of the method now: a test may have put a spy there, or its constructor a wrapper. */
export const callHandler = <Method extends string>(
  host: object,
  method: Method,
  ...args: readonly unknown[]
): unknown => (host as Record<Method, (...args: readonly unknown[]) => unknown>)[method](...args);
