import 'reflect-metadata';
import type { FactoryProvider } from '@nestjs/common';
import { InvalidOptionError } from '../../errors/index.js';
import type { ProviderWrapper } from '../pipeline/handler-method.js';

/** The token of the {@link InstanceSettings} that each `forRoot` provides. */
export const INSTANCE_SETTINGS = Symbol('nestjs-reqrep:instance-settings');

/**
 * Fails where the bare class `ReqRepModule` is imported, without `forRoot`. It has no dependencies, so that Nest calls it before
 * it reports a missing `RequestClient`.
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

/** The settings of one `forRoot` or `forRootAsync`; each call makes an object of its own. */
export interface InstanceSettings {
  readonly name: string;
  readonly isGlobal: boolean;
}

/** A module as Nest keeps it. */
export type NestModule = NonNullable<ProviderWrapper['host']>;

/** Whether a module can inject what an instance exports: through an import, or a re-export of an import. */
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

/** Returns the names of the modules whose `@Module` imports something for which `isMeant` is true. */
export function importersOf(
  modules: Iterable<NestModule>,
  isMeant: (imported: unknown) => boolean,
): string[] {
  return [...modules].flatMap(({ metatype, name }) => {
    const imports: unknown = metatype && Reflect.getMetadata('imports', metatype);
    return Array.isArray(imports) && imports.some(isMeant) ? [name] : [];
  });
}

/** Whether an element of `imports` is the module of an instance. */
export const isModuleOf =
  (settings: InstanceSettings) =>
  (imported: unknown): boolean => {
    const providers: unknown = (imported as { readonly providers?: unknown } | null)?.providers;
    return (
      Array.isArray(providers) &&
      providers.some(
        (provider: { readonly useValue?: unknown } | null) => provider?.useValue === settings,
      )
    );
  };
