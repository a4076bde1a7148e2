import { ApplicationCode } from '../../../lib/client/calls/application-code.js';
import { Hooks } from '../../../lib/telemetry/hooks.js';
import type { Log } from '../../../lib/telemetry/log.js';
import { JobFailures } from '../../../lib/worker/running/job-failures.js';

/** Hooks that nobody listens to. */
export const silentHooks = (log: Log): Hooks =>
  new Hooks({ instance: 'test', log, server: () => 'redis://test' });

/** What workers tell of, where nobody listens. */
export const unheard = (log: Log): { readonly hooks: Hooks; readonly failures: JobFailures } => ({
  hooks: silentHooks(log),
  failures: new JobFailures(new ApplicationCode(log)),
});
