import type { InjectionToken, OnModuleInit } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { InvalidOptionError } from '../../errors/index.js';
import type { ProviderWrapper } from '../pipeline/handler-method.js';

/** Maximum number of dependencies to follow, since they may form a cycle. */
const MAX_DEPENDENCY_STEPS = 50;

/** Checks the scope of the options of all instances before they are used. */
export class OptionsScopeCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    /** The injection token of the options of an instance. */
    private readonly token: InjectionToken | undefined,
  ) {}

  /** @throws InvalidOptionError */
  onModuleInit(): void {
    for (const wrapper of this.discovery.getProviders()) {
      if (wrapper.token === this.token) {
        checkScopeOfOptions(wrapper);
      }
    }
  }
}

/**
 * Rejects request-scoped options: they would make a new instance for each request, with connections that nobody closes, and no
 * worker would ever start.
 * @throws InvalidOptionError
 */
function checkScopeOfOptions(options: ProviderWrapper): void {
  if (!options.isDependencyTreeStatic()) {
    throw new InvalidOptionError(
      'the options of ReqRepModule.forRootAsync()',
      'created once, when the application starts',
      `options that depend on ${pathToScoped(options)}, which is request-scoped (inject singletons only, such as a ` +
        'ConfigService; pass what belongs to a request, such as its tenant, in the `headers` of the call)',
    );
  }
}

/** Names the dependencies down to the request-scoped one, such as `TenantOptions, through it on Tenant`. */
function pathToScoped(options: ProviderWrapper): string {
  const names: string[] = [];
  let wrapper: ProviderWrapper | undefined = options;
  while (names.length < MAX_DEPENDENCY_STEPS) {
    wrapper = dependenciesOf(wrapper).find((each) => !each.isDependencyTreeStatic());
    if (!wrapper) {
      break;
    }
    names.push(String(wrapper.name));
  }
  return names.join(', through it on ') || 'something';
}

const dependenciesOf = (wrapper: ProviderWrapper): ProviderWrapper[] => [
  ...(wrapper.getCtorMetadata() ?? []),
  ...(wrapper.getPropertiesMetadata() ?? []).map(({ wrapper: injected }) => injected),
];
