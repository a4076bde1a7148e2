import type { InstancePlace } from './instance-place.js';
import type { ResolvedModuleOptions } from '../module/resolve-options.js';

/** One `ReqRepModule.forRoot` of an application: its name and its options. */
export class ReqRepInstance {
  constructor(
    readonly place: InstancePlace,
    readonly options: ResolvedModuleOptions,
  ) {}

  get name(): string {
    return this.place.name;
  }
}
