import { LONGEST_TIMER } from '../errors/option-rules.js';
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

/** @param ownTimeout - what the module allows where the call says nothing, ms; `0` = no limit. */
export function limitsOf(
  { timeout: own, idleTimeout = 0 }: SendOptions,
  ownTimeout: number,
  parent: ParentJob | undefined,
): RequestLimits {
  const allowed = own ?? ownTimeout;
  const left = Math.floor(parent?.timeLeft() ?? Infinity);
  const isInherited = left < (allowed || Infinity) && left < LONGEST_TIMER;
  return { timeout: isInherited ? left : allowed, idleTimeout, isInherited };
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
