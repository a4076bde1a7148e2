import { MAX_TIMER_DELAY_MS } from '../../options/option-rules.js';
import type { EmitOptions, SendOptions } from './call-options.js';
import type { ParentJob } from './client-options.js';

/** How long a request may wait, ms; `0` = no limit. */
export interface RequestLimits {
  /** For its end. */
  readonly timeout: number;
  /** From one frame to the next. */
  readonly idleTimeout: number;
  /** Whether `timeout` is all that the job which makes the request has left. */
  readonly isInherited: boolean;
}

/** @returns the job that a call takes over from. */
export const parentOf = (
  { inherit }: EmitOptions,
  parent: ParentJob | undefined,
): ParentJob | undefined => (inherit === false ? undefined : parent);

/** @returns a job whose handler still runs: what it has left behind takes over nothing. */
export const unlessEnded = (job: ParentJob | undefined): ParentJob | undefined =>
  job?.hasEnded ? undefined : job;

/** @param defaults - the limits where neither the call nor a parent says anything: one object for all such requests. */
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

/** The call's own headers, before those of the parent job that are to travel on. */
export function withInheritedHeaders<Options extends EmitOptions>(
  options: Options,
  parent: ParentJob | undefined,
  names: readonly string[],
): Options {
  // The original protocol has no place for headers.
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

/** The signals that end a request. @throws the reason of one that is aborted already. */
export function signalsOf(
  { signal }: SendOptions,
  parent: ParentJob | undefined,
): readonly AbortSignal[] {
  if (!signal && !parent) {
    return NO_SIGNALS;
  }
  const signals = [signal, parent?.signal].filter((each) => each !== undefined);
  for (const each of signals) {
    each.throwIfAborted();
  }
  return signals;
}
