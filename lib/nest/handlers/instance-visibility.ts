import 'reflect-metadata';
import type { FactoryProvider } from '@nestjs/common';
import { InvalidOptionError } from '../../errors/index.js';
import type { ProviderWrapper } from '../pipeline/handler-method.js';

/** The token under which each `forRoot` provides an {@link InstanceSettings}. */
export const INSTANCE_SETTINGS = Symbol('nestjs-reqrep:instance-settings');

/**
 * What the class of the module provides in its place where it is imported alone. It needs nothing, so that Nest calls it before
 * it misses what the class does not export.
 */
export const BARE_MODULE_CLASS: FactoryProvider = {
  provide: INSTANCE_SETTINGS,
  useFactory: () => {
    throw new InvalidOptionError(
      'ReqRepModule in `imports`',
      '`ReqRepModule.forRoot()` or `ReqRepModule.forRootAsync()`, once, in the AppModule',
      'the class alone (other modules need no import; with `isGlobal: false`, they import a module that exports ReqRepModule)',
    );
  },
};

/** What one `forRoot` or `forRootAsync` says of where its instance may be used: an object of its own for each call. */
export interface InstanceSettings {
  readonly name: string;
  readonly isGlobal: boolean;
}

/** A module as Nest keeps it. */
export type NestModule = NonNullable<ProviderWrapper['host']>;

/** Whether what an instance exports can be injected in a module: by an import, or one that an import exports again. */
export function canSee(
  module: NestModule,
  instance: NestModule,
  seen = new Set<NestModule>(),
): boolean {
  if (module === instance) {
    return true;
  }
  const isFirst = seen.size === 0;
  seen.add(module);
  return [...module.imports]
    .filter((each) => isFirst || module.exports.has(each.metatype))
    .some((each) => each === instance || (!seen.has(each) && canSee(each, instance, seen)));
}

/** The names of the modules that import what `isMeant`, as far as their decorators tell. */
export function importersOf(
  modules: Iterable<NestModule>,
  isMeant: (imported: unknown) => boolean,
): string[] {
  return [...modules].flatMap(({ metatype, name }) => {
    const imports: unknown = metatype && Reflect.getMetadata('imports', metatype);
    return Array.isArray(imports) && imports.some(isMeant) ? [name] : [];
  });
}

/** Whether something in `imports` is the module of an instance. */
export const isModuleOf =
  (place: InstanceSettings) =>
  (imported: unknown): boolean => {
    const providers: unknown = (imported as { readonly providers?: unknown } | null)?.providers;
    return (
      Array.isArray(providers) &&
      providers.some(
        (provider: { readonly useValue?: unknown } | null) => provider?.useValue === place,
      )
    );
  };
