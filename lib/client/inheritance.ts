import { LONGEST_TIMER } from '../errors/option-rules.js';
import type { EmitOptions, SendOptions } from './call-options.js';
import type { ParentJob } from './client-options.js';

/** How long a request may take, and whether that is all that the job which makes it has left. */
export interface TimeAllowed {
  /** ms; `0` = no limit. */
  readonly timeout: number;
  readonly isInherited: boolean;
}

/** @param own - what the call or the module allows, ms; `0` = no limit. */
export function timeAllowed(own: number, parent: ParentJob | undefined): TimeAllowed {
  const left = Math.floor(parent?.timeLeft() ?? Infinity);
  const isInherited = left < (own || Infinity) && left < LONGEST_TIMER;
  return isInherited ? { timeout: left, isInherited } : { timeout: own, isInherited };
}

/** The call's own headers, before those of the parent job that are to travel on. */
export function withInheritedHeaders<Options extends EmitOptions>(
  options: Options,
  parent: ParentJob | undefined,
  names: readonly string[],
): Options {
  const inherited = names.filter((name) => parent && Object.hasOwn(parent.headers, name));
  // The original protocol has no place for headers.
  if (!parent || inherited.length === 0 || options.protocol === 1) {
    return options;
  }
  const headers = Object.fromEntries(inherited.map((name) => [name, parent.headers[name] ?? '']));
  return { ...options, headers: { ...headers, ...options.headers } };
}

/** The signals that end a request. @throws the reason of one that is aborted already. */
export function signalsOf({ signal }: SendOptions, parent: ParentJob | undefined): AbortSignal[] {
  const signals = [signal, parent?.signal].filter((each) => each !== undefined);
  for (const each of signals) {
    each.throwIfAborted();
  }
  return signals;
}
