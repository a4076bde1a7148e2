import type { CallTrace } from '../../telemetry/call-trace.js';
import type { Hooks } from '../../telemetry/hooks.js';
import type { EmitOptions } from './call-options.js';
import type { ClientOptions, ParentJob } from './client-options.js';
import { parentOf, withInheritedHeaders } from './inheritance.js';
import { withOutgoingHeaders } from './outgoing-headers.js';

/** A call whose queue and options are right. */
export interface BegunCall<Options extends EmitOptions> {
  /** The id of the job. */
  readonly id: string;
  readonly queue: string;
  /** The options of the call, with all headers. */
  readonly options: Options;
  /** The job that the call inherits from. */
  readonly parent: ParentJob | undefined;
  /** Told the end of the call, where somebody listens. */
  readonly trace: CallTrace | undefined;
}

/**
 * Completes the headers of a call, and tells that the call begins.
 * @param parentJob - the job whose handler makes the call.
 * @throws InvalidOptionError where the headers that the application adds are wrong.
 */
export function beginCall<Options extends EmitOptions>(
  kind: 'request' | 'emit',
  id: string,
  queue: string,
  options: Options,
  parentJob: ParentJob | undefined,
  clientOptions: Pick<ClientOptions, 'outgoingHeaders' | 'inheritedHeaders'>,
  hooks: Hooks,
): BegunCall<Options> {
  const parent = parentOf(options, parentJob);
  const complete = withHeaders(queue, options, parent, clientOptions);
  if (!hooks.areCallsHeard) {
    return { id, queue, options: complete, parent, trace: undefined };
  }
  // The original protocol cannot carry headers.
  const headers = options.protocol === 1 ? undefined : { ...complete.headers };
  const trace = hooks.callBegins({ kind, queue, id, headers });
  return { id, queue, options: { ...complete, headers: trace.headers }, parent, trace };
}

/** Adds headers to those of the call: those of `outgoingHeaders`, which lose against the call, then inherited ones, which lose against both. */
function withHeaders<Options extends EmitOptions>(
  queue: string,
  options: Options,
  parent: ParentJob | undefined,
  { outgoingHeaders, inheritedHeaders = [] }: Parameters<typeof beginCall>[5],
): Options {
  const ownAndAdded = withOutgoingHeaders(options, queue, outgoingHeaders);
  return withInheritedHeaders(ownAndAdded, parent, inheritedHeaders);
}
