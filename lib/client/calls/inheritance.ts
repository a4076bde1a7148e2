import { MAX_TIMER_DELAY_MS } from '../../options/option-rules.js';
import type { EmitOptions, SendOptions } from './call-options.js';
import type { ParentJob } from './client-options.js';

/** Time limits of a request, ms; `0` = no limit. */
export interface RequestLimits {
  /** Until its end. */
  readonly timeout: number;
  /** Between two frames. */
  readonly idleTimeout: number;
  /** Whether `timeout` is what is left until the deadline of the parent job. */
  readonly isInherited: boolean;
}

/** @returns the job that a call inherits from. */
export const parentOf = (
  { inherit }: EmitOptions,
  parent: ParentJob | undefined,
): ParentJob | undefined => (inherit === false ? undefined : parent);

/** @returns the job if its handler still runs. Code that a finished handler left running inherits nothing. */
export const unlessEnded = (job: ParentJob | undefined): ParentJob | undefined =>
  job?.hasEnded ? undefined : job;

/** @param defaults - the limits without call options and parent: one object shared by all such requests saves memory. */
export function limitsOf(
  options: SendOptions,
  defaults: RequestLimits,
  parent: ParentJob | undefined,
): RequestLimits {
  const { timeout = defaults.timeout, idleTimeout = defaults.idleTimeout } = options;
  const left = Math.floor(parent?.timeLeft() ?? Infinity);
  if (left < (timeout || Infinity) && left < MAX_TIMER_DELAY_MS) {
    return { timeout: left, idleTimeout, isInherited: true };
  }
  const isUsual = timeout === defaults.timeout && idleTimeout === defaults.idleTimeout;
  return isUsual ? defaults : { timeout, idleTimeout, isInherited: false };
}

/** Adds the inherited headers of the parent job; headers of the call win. */
export function withInheritedHeaders<Options extends EmitOptions>(
  options: Options,
  parent: ParentJob | undefined,
  names: readonly string[],
): Options {
  // The original protocol cannot carry headers.
  if (!parent || options.protocol === 1) {
    return options;
  }
  const inherited = names.filter((name) => Object.hasOwn(parent.headers, name));
  if (inherited.length === 0) {
    return options;
  }
  const headers = Object.fromEntries(inherited.map((name) => [name, parent.headers[name] ?? '']));
  return { ...options, headers: { ...headers, ...options.headers } };
}

const NO_SIGNALS: readonly AbortSignal[] = [];

/** @returns the signals that end a request. */
export function signalsOf(
  { signal }: SendOptions,
  parent: ParentJob | undefined,
): readonly AbortSignal[] {
  if (!signal && !parent) {
    return NO_SIGNALS;
  }
  return [signal, parent?.signal].filter((each) => each !== undefined);
}
