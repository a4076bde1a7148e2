import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import type { QueueInspection } from '../core/observed-engine.js';
import { messageOf } from '../errors/error-text.js';
import type { InstanceHealth } from '../nest/instance-health.js';
import { getHealthToken } from '../nest/tokens.js';
import type { QueueStatus } from '../worker/workers-status.js';
import {
  checkHealthCall,
  DEFAULT_HEALTH_TIMEOUT_MS,
  unknownInstance,
  type ReqRepHealthOptions,
} from './health-options.js';
import { queueTroubles } from './queue-troubles.js';
import { workerTroubles } from './worker-troubles.js';

/**
 * Tells `@nestjs/terminus` whether an instance of `ReqRepModule` can do its work. Provide it in a module that imports `TerminusModule`.
 *
 * @example
 * ```ts
 * @Module({ imports: [TerminusModule], controllers: [HealthController], providers: [ReqRepHealthIndicator] })
 * export class HealthModule {}
 * ```
 */
@Injectable()
export class ReqRepHealthIndicator {
  readonly #health: HealthIndicatorService;
  readonly #modules: ModuleRef;

  /** Is called by Nest. */
  constructor(
    @Inject(HealthIndicatorService) health: HealthIndicatorService,
    @Inject(ModuleRef) modules: ModuleRef,
  ) {
    this.#health = health;
    this.#modules = modules;
  }

  /**
   * Checks an instance now. It is `up` where
   *
   * - Redis answers, each node of a Cluster that this process uses;
   * - the workers of this process, if it has any, are running, none is refused, and each has renewed its lease in time. A queue that is
   *   paused is up;
   * - the queues that `queues` names are within their limits.
   *
   * Else it is `down`, and `reasons` says why. The result shows the server, the round trip in ms, the state of the workers, and each queue
   * that is served here or named: how many jobs wait (`length`), how long the oldest has waited (`age`, ms), how many `workers` are alive, and
   * of those here `busy`, `isPaused` and `leaseAge` (ms).
   *
   * @param key - The name of the check in the result.
   * @param options - Options of the check.
   * @returns The result. A trouble of Redis is never an error, and takes no longer than `timeout`.
   * @throws `InvalidOptionError` for a wrong option, or the name of no instance.
   * @example
   * ```ts
   * this.health.check([() => this.reqRep.isHealthy('redis', { queues: { reports: { minWorkers: 1 } } })]);
   * ```
   */
  async isHealthy<const Key extends string>(
    key: Key,
    options: ReqRepHealthOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    checkHealthCall(key, options);
    const instance = this.#instanceOf(options.instance);
    const indicator = this.#health.check(key);
    try {
      const { reasons, ...details } = await look(instance, options);
      return reasons.length === 0 ? indicator.up(details) : indicator.down({ ...details, reasons });
    } catch (error) {
      return indicator.down({ reasons: [`Redis cannot be asked (${messageOf(error)})`] });
    }
  }

  #instanceOf(name: string | undefined): InstanceHealth {
    try {
      return this.#modules.get(getHealthToken(name), { strict: false });
    } catch (error) {
      return unknownInstance(name, error);
    }
  }
}

/** @returns the details of the result, and why the instance is down; no reasons where it is up. */
async function look(instance: InstanceHealth, options: ReqRepHealthOptions) {
  const { queues: limits = {}, timeout = DEFAULT_HEALTH_TIMEOUT_MS } = options;
  const served = instance.workers.status.queues.map(({ queue }) => queue);
  const names = [...new Set([...served, ...Object.keys(limits)])];
  const { server } = instance.servers;
  const { roundTrip, failure, queues } = await instance.servers.look(names, timeout);
  const { status } = instance.workers;
  const reasons = [
    ...(failure ? [failure.reason] : []),
    ...workerTroubles(status, options, instance.options),
    ...(failure
      ? []
      : Object.entries(limits).flatMap(([queue, each]) =>
          queueTroubles(queue, each, queues.get(queue)),
        )),
  ];
  const here = new Map(status.queues.map((queue) => [queue.queue, queue]));
  return {
    server,
    ...(roundTrip !== undefined && { roundTrip: Math.round(roundTrip * 10) / 10 }),
    workers: status.state,
    queues: Object.fromEntries(
      names.map((name) => [name, { ...figuresOf(queues.get(name)), ...stateOf(here.get(name)) }]),
    ),
    reasons,
  };
}

const figuresOf = (found: QueueInspection): object =>
  found === undefined || 'refusal' in found ? {} : found;

const stateOf = (status: QueueStatus | undefined): object => {
  if (!status) {
    return {};
  }
  const { busy, isPaused, leaseAge } = status;
  return { busy, isPaused, ...(leaseAge !== undefined && { leaseAge: Math.round(leaseAge) }) };
};
