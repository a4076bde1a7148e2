import type { InjectionToken, Type } from '@nestjs/common';
import { ModuleRef, type ContextId } from '@nestjs/core';
import type { ProviderWrapper } from './handler-method.js';

/** A provider whose instances are created for each job. */
interface ScopedProvider<Instance> {
  readonly instance: Instance;
  readonly token: InjectionToken;
  readonly host?: ProviderWrapper['host'];
}

/** Returns the `ModuleRef` of the module of a provider. */
export function moduleRefOf({ host, token }: Pick<ProviderWrapper, 'host' | 'token'>): ModuleRef {
  if (!host) {
    throw new TypeError(`The provider ${String(token)} belongs to no module`);
  }
  return host.getProviderByKey<ModuleRef>(ModuleRef).instance;
}

/** Returns the instance of a provider in one context. */
export function resolveScoped<Instance>(
  provider: ScopedProvider<Instance>,
  contextId: ContextId,
): Promise<Instance> {
  // `resolve` accepts any token, although its type does not. Strict, since other modules may use the same token.
  const token = provider.token as Type<Instance>;
  return moduleRefOf(provider).resolve(token, contextId, { strict: true });
}

export const resolveAll = <Instance>(
  providers: readonly ScopedProvider<Instance>[],
  contextId: ContextId,
): Promise<Instance[]> =>
  Promise.all(providers.map((provider) => resolveScoped(provider, contextId)));
