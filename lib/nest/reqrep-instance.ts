import { ErrorRegistry } from '../protocol/error-registry.js';
import type { ResolvedOptions } from './resolve-options.js';

/** One `ReqRepModule.forRoot` of an application: its name and its options. */
export class ReqRepInstance {
  /** The classes of errors that travel as themselves. */
  readonly errors: ErrorRegistry;

  constructor(
    readonly name: string,
    readonly options: ResolvedOptions,
  ) {
    this.errors = new ErrorRegistry(options.errors);
  }
}
