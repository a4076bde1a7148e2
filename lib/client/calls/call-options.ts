import { InvalidOptionError } from '../../errors/index.js';
import {
  aBoolean,
  aDuration,
  aFunction,
  aName,
  anInteger,
  anObjectOfStrings,
  checkOptions,
  expectedBy,
  oneOf,
  type OptionRules,
} from '../../options/option-rules.js';
import { describeValue } from '../../errors/value-text.js';
import type { PushReceipt } from './push-receipt.js';

/** Options of one {@link RequestClient.emit}. */
export interface EmitOptions {
  /**
   * ms within which the job has to be started; past it, it is dropped unrun.
   * @default 0 - no limit: a job that nobody waits for may wait for its worker
   */
  readonly timeout?: number | undefined;
  /** Texts that travel with the job and reach the handler as `job.headers`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Called once Redis has the job. */
  readonly onPushed?: ((receipt: PushReceipt) => void) | undefined;
  /**
   * How often the job may be started; `1` = never run twice, though it may then not run at all.
   * @default the handler's `maxDeliveries`
   */
  readonly maxDeliveries?: number | undefined;
  /** Fail with a `NoWorkersError` when no live worker serves the queue. @default false */
  readonly requireWorker?: boolean | undefined;
  /** Fail with a `QueueFullError` when that many jobs wait already. @default no limit */
  readonly maxQueueLength?: number | undefined;
  /**
   * `1` = speak to workers of the original `reqrep`, which know neither headers nor deadlines nor errors.
   * @default 2
   */
  readonly protocol?: 1 | 2 | undefined;
  /**
   * `false` = inside a handler, the call is on its own: neither the deadline nor the cancellation nor a header of the
   * handler's job is taken over. For a request that several jobs share, such as one whose promise is cached.
   * @default true
   */
  readonly inherit?: boolean | undefined;
}

/** Options of one {@link RequestClient.send}. */
export interface SendOptions extends EmitOptions {
  /**
   * ms the whole request may take, from the subscription to its end; `0` = no limit.
   * @default the module's `timeout`, 30 000 unless set
   */
  readonly timeout?: number | undefined;
  /** ms that may pass before the first value and from one value of a stream to the next. @default 0 - no limit */
  readonly idleTimeout?: number | undefined;
  /** Aborting it ends the request with the signal's reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a call that passes none. @internal */
export const NO_OPTIONS: SendOptions = Object.freeze({});

const EMIT_RULES: OptionRules<EmitOptions> = {
  timeout: aDuration(0),
  headers: anObjectOfStrings,
  onPushed: aFunction,
  maxDeliveries: anInteger(1),
  requireWorker: aBoolean,
  maxQueueLength: anInteger(1),
  protocol: oneOf(1, 2),
  inherit: aBoolean,
};

const SEND_RULES: OptionRules<SendOptions> = {
  ...EMIT_RULES,
  idleTimeout: aDuration(0),
  signal: {
    expected: 'an AbortSignal',
    // One of another realm, such as that of a test environment, is none of this class.
    accepts: (value) => Object.prototype.toString.call(value) === '[object AbortSignal]',
  },
};

/** What the original protocol has no place for. */
const NOT_IN_ORIGINAL = ['headers', 'maxDeliveries', 'requireWorker'] as const;

/** @throws InvalidOptionError @internal */
export function checkQueue(queue: unknown): void {
  if (!aName.accepts(queue)) {
    throw new InvalidOptionError(
      'queue in a call to `send`, `request` or `emit`',
      expectedBy(aName, queue),
      describeValue(queue),
    );
  }
}

/** @throws InvalidOptionError @internal */
export function checkSendOptions(queue: string, options: SendOptions): void {
  if (options === NO_OPTIONS) {
    return; // most calls have none, and this is quick
  }
  checkOptions(options, SEND_RULES, placeOf(queue));
  checkOriginal(queue, options);
}

/** @throws InvalidOptionError @internal */
export function checkEmitOptions(queue: string, options: EmitOptions): void {
  if (options === NO_OPTIONS) {
    return;
  }
  checkOptions(options, EMIT_RULES, placeOf(queue));
  checkOriginal(queue, options);
}

const placeOf = (queue: string): string => `a call to queue "${queue}"`;

function checkOriginal(queue: string, options: EmitOptions): void {
  if (options.protocol === 1) {
    const unfit = NOT_IN_ORIGINAL.find((name) => options[name] !== undefined);
    if (unfit) {
      throw new InvalidOptionError(
        `${unfit} in ${placeOf(queue)}`,
        'left out with `protocol: 1`, which cannot carry it',
        describeValue(options[unfit]),
      );
    }
  }
}
