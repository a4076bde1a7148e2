import type { InjectionToken, Type } from '@nestjs/common';
import { ModuleRef, type ContextId } from '@nestjs/core';
import type { ProviderWrapper } from './handler-method.js';

/** A provider whose objects are made for a job. */
interface ScopedProvider<Instance> {
  readonly instance: Instance;
  readonly token: InjectionToken;
  readonly host?: ProviderWrapper['host'];
}

/** The `ModuleRef` of the module that has a provider. */
export function moduleRefOf({ host, token }: Pick<ProviderWrapper, 'host' | 'token'>): ModuleRef {
  if (!host) {
    throw new TypeError(`The provider ${String(token)} belongs to no module`);
  }
  return host.getProviderByKey<ModuleRef>(ModuleRef).instance;
}

/** The object of a provider in one context. */
export function resolveScoped<Instance>(
  provider: ScopedProvider<Instance>,
  contextId: ContextId,
): Promise<Instance> {
  // Any token will do, though the type has no function for one. Strict, since other modules may use the token too.
  const token = provider.token as Type<Instance>;
  return moduleRefOf(provider).resolve(token, contextId, { strict: true });
}

export const resolveAll = <Instance>(
  providers: readonly ScopedProvider<Instance>[],
  contextId: ContextId,
): Promise<Instance[]> =>
  Promise.all(providers.map((provider) => resolveScoped(provider, contextId)));
