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
  readonly call: (this: object, ...args: unknown[]) => unknown;
}
