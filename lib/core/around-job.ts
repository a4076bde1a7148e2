import { AsyncResource } from 'node:async_hooks';
import { Observable } from 'rxjs';
import { fenced } from '../worker/running/fenced-stream.js';
import type { RunContext } from '../worker/running/run-context.js';
import { InterceptedReply, valuesOf } from '../worker/running/stream-source.js';
import type { JobHandler } from '../worker/worker-options.js';
import type { AroundJob } from './options.js';

type Handle = JobHandler['handle'];

/** Wraps a handler in the application's `aroundJob` hook. Whatever the hook does, the job ends exactly once. */
export const handleWithin =
  (aroundJob: AroundJob, handle: Handle): Handle =>
  (data, job) =>
    new Promise((resolve, reject) => {
      const run = new HookedRun(job, () => handle(data, job), resolve, reject);
      job.include(run.callHook(aroundJob));
    });

/** The run of one job inside the hook. */
class HookedRun {
  /** The result of `next()`: settles when the job ends; `undefined` before the first call. */
  private ended: Promise<unknown> | undefined;
  private hasEndedUnstarted = false;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly job: RunContext,
    private readonly handle: () => unknown,
    private readonly resolve: (reply: unknown) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  /** Calls the hook. Resolves when the hook has returned. */
  async callHook(aroundJob: AroundJob): Promise<void> {
    try {
      await aroundJob(this.job, () => this.next());
      this.endUnstarted(
        new Error('The option aroundJob returned without calling next(), so the job was not run'),
      );
    } catch (error) {
      // A hook that rethrows the error of the job reports nothing new.
      if (!this.endUnstarted(error) && this.failure?.error !== error) {
        this.job.strayed('aroundJob', error);
      }
    }
  }

  /** Ends a job whose handler was not called. @returns whether that was so. */
  private endUnstarted(error: unknown): boolean {
    if (this.ended) {
      return false;
    }
    this.hasEndedUnstarted = true;
    this.reject(error);
    return true;
  }

  private next(): Promise<unknown> {
    if (this.hasEndedUnstarted) {
      return Promise.reject(
        new Error(
          'aroundJob called next() too late, after the job had already ended; call it before aroundJob returns or throws',
        ),
      );
    }
    if (!this.ended) {
      this.ended = this.run();
      // Handled here, since a hook may ignore the promise.
      this.ended.catch((error: unknown) => {
        this.failure = { error };
      });
    }
    return this.ended;
  }

  private async run(): Promise<unknown> {
    const within = AsyncResource.bind((begin: () => void) => begin());
    try {
      const reply = await this.handle();
      const values = valuesOf(reply, this.job);
      if (!values) {
        this.resolve(reply);
        return reply;
      }
      return await this.follow(values, within);
    } catch (error) {
      this.reject(error);
      throw error;
    }
  }

  /** Passes a stream on and waits for its end. The stream's source runs in the async context of `next`. */
  private follow(
    values: Observable<unknown>,
    within: (begin: () => void) => void,
  ): Promise<unknown> {
    const { job } = this;
    let reply: unknown;
    job.throwIfAborted();
    return new Promise((ended, failed) => {
      // If the job is aborted before anybody subscribes, the stream never ends.
      job.signal.addEventListener('abort', () => failed(job.signal.reason), { once: true });
      const followed = new Observable<unknown>((subscriber) => {
        within(() => {
          subscriber.add(
            fenced(values, job).subscribe({
              next: (value) => {
                reply = job.isStreaming ? undefined : value;
                subscriber.next(value);
              },
              error: (error: unknown) => {
                failed(error);
                subscriber.error(error);
              },
              complete: () => {
                ended(reply);
                subscriber.complete();
              },
            }),
          );
        });
        subscriber.add(() => failed(job.signal.reason));
      });
      this.resolve(new InterceptedReply(followed));
    });
  }
}
