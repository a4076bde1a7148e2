import { ErrorRegistry } from '../protocol/error-registry.js';
import type { InstancePlace } from './instance-place.js';
import type { ResolvedOptions } from './resolve-options.js';

/** One `ReqRepModule.forRoot` of an application: its name and its options. */
export class ReqRepInstance {
  /** The classes of errors that travel as themselves. */
  readonly errors: ErrorRegistry;

  constructor(
    readonly place: InstancePlace,
    readonly options: ResolvedOptions,
  ) {
    this.errors = new ErrorRegistry(options.errors);
  }

  get name(): string {
    return this.place.name;
  }
}
