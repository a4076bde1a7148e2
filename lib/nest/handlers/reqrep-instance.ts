import type { ResolvedOptions } from '../../core/resolve-options.js';
import type { InstancePlace } from './instance-place.js';

/** One `ReqRepModule.forRoot` of an application: its name and its options. */
export class ReqRepInstance<Options extends ResolvedOptions = ResolvedOptions> {
  constructor(
    readonly place: InstancePlace,
    readonly options: Options,
  ) {}

  get name(): string {
    return this.place.name;
  }
}
