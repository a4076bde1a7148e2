import type { ResolvedOptions } from './resolve-options.js';

/** One `ReqRepModule.forRoot` of an application: its name and its options. */
export class ReqRepInstance {
  constructor(
    readonly name: string,
    readonly options: ResolvedOptions,
  ) {}
}
