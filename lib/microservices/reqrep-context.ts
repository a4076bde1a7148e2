import { BaseRpcContext } from '@nestjs/microservices';
import type { JobContext } from '../worker/running/job-context.js';
import { withoutPattern } from './pattern-header.js';

/**
 * What a handler of Nest gets with `@Ctx()`: the job that carries the message.
 *
 * @hideconstructor
 * @example
 * ```ts
 * @MessagePattern('reports')
 * render(@Payload() id: string, @Ctx() context: ReqRepContext): Promise<Report> {
 *   return this.http.get(`/reports/${id}`, { signal: context.signal });
 * }
 * ```
 */
export class ReqRepContext extends BaseRpcContext<[job: JobContext, pattern: string]> {
  #headers: Readonly<Record<string, string>> | undefined;

  /** Returns the job: its id, queue, delivery, deadline and signal. */
  getJob(): JobContext {
    return this.args[0];
  }

  /** Returns the pattern as Nest writes it: `sum`, or `{"cmd":"sum"}`. */
  getPattern(): string {
    return this.args[1];
  }

  /** Returns the headers of the message, without the one that has its pattern. An empty object where there are none. */
  getHeaders(): Readonly<Record<string, string>> {
    this.#headers ??= withoutPattern(this.getJob().headers);
    return this.#headers;
  }

  /** Returns what a dispatch hook of the client attached to the message (`setOnDispatchHook`): it travels in the headers. */
  getMetadata(): Readonly<Record<string, string>> {
    return this.getHeaders();
  }

  /** Aborts when nobody needs the rest of the run, such as where the caller has unsubscribed. See `JobContext.signal`. */
  get signal(): AbortSignal {
    return this.getJob().signal;
  }
}
