import { AsyncResource } from 'node:async_hooks';
import type { ClientOptions } from '../client/calls/client-options.js';
import { checkedHeaders } from '../client/calls/outgoing-headers.js';
import { RequestClient } from '../client/request-client.js';
import type { Log } from '../telemetry/log.js';
import type { ReviveError } from '../protocol/wire/wire-error.js';
import { ErrorRegistry } from '../protocol/wire/error-registry.js';
import type { Servers, Shards } from '../driver/shard.js';
import { ReplyWorkers } from '../worker/reply-workers.js';
import { currentJob } from './current-job.js';
import { describeHttpException } from './describe-http-exception.js';
import type { ResolvedOptions } from './resolve-options.js';

/** The parts of an engine. */
export interface EngineParts {
  readonly shards: Shards;
  readonly options: ResolvedOptions;
  readonly log: Log;
  /** Turns a remote error into an error of the application's framework. */
  readonly reviveError?: ReviveError;
}

/** Makes the client and the workers that share one set of connections. Opens no connection itself. */
export class Engine {
  readonly log: Log;
  private readonly shards: Shards;
  private readonly errors: ErrorRegistry;
  /** Workers start in this async context, not in that of the call that happened to create them. */
  private readonly scope = new AsyncResource('ReqRepEngine');

  constructor(private readonly parts: EngineParts) {
    const { shards, options, log } = parts;
    this.log = log;
    this.shards = shards;
    this.errors = new ErrorRegistry(options.errors);
  }

  /** The server, or the Cluster, as a whole. */
  get servers(): Servers {
    return this.shards.servers;
  }

  get options(): ResolvedOptions {
    return this.parts.options;
  }

  /** @param workersHere - returns what the process knows about its own worker of a queue, for errors. */
  createClient(workersHere: ClientOptions['workersHere']): RequestClient {
    const { shards, log, errors } = this;
    const { options, reviveError } = this.parts;
    const { outgoingHeaders, where } = options;
    return RequestClient.create({
      shards,
      log,
      options: {
        ...options,
        outgoingHeaders: outgoingHeaders && checkedHeaders(outgoingHeaders, where),
        reviveError: (form) => errors.revive(form) ?? reviveError?.(form),
        parentJob: () => currentJob.getStore(),
        workersHere,
      },
    });
  }

  createWorkers(): ReplyWorkers {
    const { shards, log, errors } = this;
    const { options } = this.parts;
    return this.scope.runInAsyncScope(() =>
      ReplyWorkers.create({
        shards,
        log,
        options: {
          ...options,
          describeError: (error) => errors.describe(error, describeHttpException),
          runWithin: (job, work) => currentJob.run(job, work),
          currentJob: () => currentJob.getStore(),
        },
      }),
    );
  }
}
