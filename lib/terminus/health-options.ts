import { InvalidOptionError } from '../errors/index.js';
import { describeValue, isRecord, kindOf } from '../errors/value-text.js';
import {
  aBoolean,
  aDuration,
  aName,
  anInteger,
  checkOptions,
  type OptionRules,
} from '../options/option-rules.js';

/** Limits of one queue. */
export interface ReqRepQueueLimits {
  /** The most jobs that may wait. */
  readonly maxLength?: number | undefined;
  /** The longest time that the oldest waiting job may have waited, in ms. */
  readonly maxAge?: number | undefined;
  /** The fewest workers that have to be alive, in all processes together. */
  readonly minWorkers?: number | undefined;
}

/** Options of `ReqRepHealthIndicator.isHealthy`. */
export interface ReqRepHealthOptions {
  /** The `name` of the instance. @default the instance without a name */
  readonly instance?: string | undefined;
  /** The longest time that the check may take, in ms. Redis that has not answered by then is down. @default 1 000 */
  readonly timeout?: number | undefined;
  /**
   * Whether this process has to serve queues. `false` leaves its workers out.
   * @default whether it has handlers that the application starts, or has started
   */
  readonly workers?: boolean | undefined;
  /** The longest time since the last renewal of the lease of each worker, in ms. @default the option `lease` of the instance */
  readonly maxLeaseAge?: number | undefined;
  /** Limits by the names of queues. This process need not serve them. @default none */
  readonly queues?: Readonly<Record<string, ReqRepQueueLimits>> | undefined;
}

/** Time for a check where the call sets none, ms. @internal */
export const DEFAULT_HEALTH_TIMEOUT_MS = 1_000;

const WHERE = 'a call to `isHealthy`';

const RULES: OptionRules<ReqRepHealthOptions> = {
  instance: aName,
  timeout: aDuration(1),
  workers: aBoolean,
  maxLeaseAge: aDuration(1),
  queues: { expected: 'an object with the limits of each queue', accepts: isRecord },
};

const LIMIT_RULES: OptionRules<ReqRepQueueLimits> = {
  maxLength: anInteger(0),
  maxAge: aDuration(0),
  minWorkers: anInteger(0),
};

/** @throws InvalidOptionError @internal */
export function checkHealthCall(key: unknown, options: ReqRepHealthOptions): void {
  if (!aName.accepts(key)) {
    throw new InvalidOptionError(`the key in ${WHERE}`, aName.expected, describeValue(key));
  }
  checkOptions(options, RULES, WHERE);
  for (const [queue, limits] of Object.entries(options.queues ?? {})) {
    const place = `queues[${JSON.stringify(queue)}]`;
    if (!aName.accepts(queue)) {
      throw new InvalidOptionError(`a name in queues in ${WHERE}`, aName.expected, `"${queue}"`);
    }
    if (!isRecord(limits)) {
      throw new InvalidOptionError(`${place} in ${WHERE}`, 'an object', kindOf(limits));
    }
    checkOptions(limits, LIMIT_RULES, `${place} in ${WHERE}`);
  }
}

/** @throws InvalidOptionError for the name of no instance. @internal */
export function unknownInstance(instance: string | undefined, cause: unknown): never {
  const expected =
    instance === undefined
      ? 'the `name` of a `ReqRepModule.forRoot` of the application, which has none without a name'
      : 'the `name` of a `ReqRepModule.forRoot` of the application';
  const received = describeValue(instance);
  throw new InvalidOptionError(`instance in ${WHERE}`, expected, received, { cause });
}
