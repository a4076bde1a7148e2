import type { Observable } from 'rxjs';
import { closeInOrder } from '../core/closing.js';
import { finishWithin } from '../core/fail-fast.js';
import type { ResolvedOptions } from '../core/resolve-options.js';
import { startWorkers } from '../core/workers-start.js';
import type { Shards } from '../driver/shard.js';
import type { Log } from '../telemetry/log.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';
import type { JobFailure } from '../worker/running/job-failure.js';
import type { JobHandler } from '../worker/worker-options.js';
import { openEngine } from './open-engine.js';

/** What a server that listens works with. */
export interface Listening {
  readonly shards: Shards;
  readonly workers: ReplyWorkers;
  readonly failures$: Observable<JobFailure>;
  /** Starts the workers, and closes everything where they cannot be started. */
  readonly start: () => Promise<void>;
  /** Closes the workers and the connections. Never rejects. */
  readonly close: () => Promise<void>;
}

/** @param name - of the connections and the log. */
export function openListening(
  name: string,
  options: ResolvedOptions,
  handlers: readonly JobHandler[],
  log: Log,
): Listening {
  const { engine, shards } = openEngine(name, options, log);
  const { servers, failures$ } = engine;
  const workers = engine.createWorkers();
  workers.serve(handlers);
  const close = (): Promise<void> => closeInOrder({ workers, servers, engine, log });
  const start = async (): Promise<void> => {
    try {
      if (options.failFast > 0) {
        const usable = Promise.all([servers.usable(), workers.start()]);
        const what = 'has not confirmed the first lease of each worker';
        await finishWithin(options.failFast, usable, servers, what);
      } else {
        await startWorkers({ workers, servers, log });
      }
    } catch (error) {
      await close();
      throw error;
    }
  };
  return { shards, workers, failures$, start, close };
}
