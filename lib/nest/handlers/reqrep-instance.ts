import type { ResolvedOptions } from '../../core/resolve-options.js';
import type { InstanceSettings } from './instance-visibility.js';

/** One `ReqRepModule.forRoot` of an application: its name and its options. */
export class ReqRepInstance<Options extends ResolvedOptions = ResolvedOptions> {
  constructor(
    readonly settings: InstanceSettings,
    readonly options: Options,
  ) {}

  get name(): string {
    return this.settings.name;
  }
}
