import { AsyncResource } from 'node:async_hooks';
import type { Observable } from 'rxjs';
import { QueueAdmin } from '../admin/queue-admin.js';
import { ApplicationCode } from '../client/calls/application-code.js';
import type { ClientOptions } from '../client/calls/client-options.js';
import { checkedHeaders } from '../client/calls/outgoing-headers.js';
import { RequestClient } from '../client/request-client.js';
import { Hooks } from '../telemetry/hooks.js';
import type { Log } from '../telemetry/log.js';
import type { DescribeError, ReviveError } from '../protocol/wire/wire-error.js';
import { ErrorRegistry } from '../protocol/wire/error-registry.js';
import type { Servers, Shards } from '../driver/shard.js';
import type { JobFailure } from '../worker/running/job-failure.js';
import { JobFailures } from '../worker/running/job-failures.js';
import { ReplyWorkers } from '../worker/reply-workers.js';
import { currentJob } from './current-job.js';
import { describeHttpException } from './describe-http-exception.js';
import { EngineHealth } from './engine-health.js';
import { ObservedEngine } from './observed-engine.js';
import { watchOutages } from './outage-watch.js';
import type { ResolvedOptions } from './resolve-options.js';

/** The parts of an engine. */
export interface EngineParts {
  readonly shards: Shards;
  readonly options: ResolvedOptions;
  readonly log: Log;
  /** The name of the instance: `core` without Nest. */
  readonly name: string;
  /** Describes errors that callers are meant to get. @default describeHttpException */
  readonly describeError?: DescribeError;
  /** Turns a remote error into an error of the application's framework. */
  readonly reviveError?: ReviveError;
}

/** Makes the client, the workers and the admin that share one set of connections. Opens no connection itself. */
export class Engine {
  readonly log: Log;
  private readonly shards: Shards;
  private readonly hooks: Hooks;
  private readonly failures: JobFailures;
  private readonly observed: ObservedEngine;
  /** Asks the servers, for checks of the health. */
  readonly health: EngineHealth;
  private readonly onClose: () => void;
  private readonly errors: ErrorRegistry;
  /** Clients and workers run in this async context, not in that of the call that happened to create them. */
  private readonly scope = new AsyncResource('ReqRepEngine');

  constructor(private readonly parts: EngineParts) {
    const { shards, options, log, name } = parts;
    const { telemetry } = options;
    this.log = log;
    this.shards = shards;
    this.errors = new ErrorRegistry(options.errors);
    this.failures = new JobFailures(new ApplicationCode(log));
    const server = (): string => shards.servers.serverName;
    this.hooks = new Hooks({ instance: name, log, telemetry, server });
    this.observed = new ObservedEngine(name, shards);
    this.health = new EngineHealth(shards, this.observed);
    this.onClose = this.hooks.opened(this.observed);
    this.scope.runInAsyncScope(watchOutages, undefined, shards, this.hooks);
  }

  /** The server, or the Cluster, as a whole. */
  get servers(): Servers {
    return this.shards.servers;
  }

  /** The failures of all jobs. */
  get failures$(): Observable<JobFailure> {
    return this.failures.failures$;
  }

  get options(): ResolvedOptions {
    return this.parts.options;
  }

  /** @param workersHere - returns what the process knows about its own worker of a queue, for errors. */
  createClient(workersHere: ClientOptions['workersHere']): RequestClient {
    const { shards, log, hooks, errors } = this;
    const { options, reviveError } = this.parts;
    const { outgoingHeaders, where } = options;
    const client = this.scope.runInAsyncScope(() =>
      RequestClient.create({
        shards,
        log,
        hooks,
        options: {
          ...options,
          outgoingHeaders: outgoingHeaders && checkedHeaders(outgoingHeaders, where),
          reviveError: (form) => errors.revive(form) ?? reviveError?.(form),
          parentJob: () => currentJob.getStore(),
          workersHere,
        },
      }),
    );
    this.observed.addClient(client);
    return client;
  }

  createAdmin(): QueueAdmin {
    return this.scope.runInAsyncScope(() => QueueAdmin.create(this.shards));
  }

  createWorkers(): ReplyWorkers {
    const { shards, log, hooks, failures, errors } = this;
    const { options, describeError = describeHttpException } = this.parts;
    const workers = this.scope.runInAsyncScope(() =>
      ReplyWorkers.create({
        shards,
        log,
        hooks,
        failures,
        options: {
          ...options,
          describeError: (error) => errors.describe(error, describeError),
          runWithin: (job, work) => currentJob.run(job, work),
          currentJob: () => currentJob.getStore(),
        },
      }),
    );
    this.observed.addWorkers(workers);
    return workers;
  }

  /** Forgets workers that could not be started, and never will be. */
  dropWorkers(workers: ReplyWorkers): void {
    this.observed.removeWorkers(workers);
  }

  /** Ends what listens to the instance, which is closed. */
  close(): void {
    this.failures.close();
    this.onClose();
  }
}
