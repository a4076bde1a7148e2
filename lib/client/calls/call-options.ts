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
   * The time in ms within which a worker has to start the job. After it, the job is discarded unrun. `0` = no limit.
   * @default 0
   */
  readonly timeout?: number | undefined;
  /** Texts that travel with the job. The handler reads them in {@link JobContext.headers}. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Is called once Redis has the job. */
  readonly onPushed?: ((receipt: PushReceipt) => void) | undefined;
  /**
   * Maximum number of times that workers start the job, at least 1. With `1` the job is never run twice, and may not be run at all where a
   * worker is lost.
   * @default the `maxDeliveries` of the handler
   */
  readonly maxDeliveries?: number | undefined;
  /**
   * Whether the call fails with a {@link NoWorkersError} where no live worker serves the queue.
   * @default false
   */
  readonly requireWorker?: boolean | undefined;
  /**
   * Maximum number of jobs that wait in the queue, at least 1. Where as many wait already, the call fails with a {@link QueueFullError}.
   * @default no limit
   */
  readonly maxQueueLength?: number | undefined;
  /**
   * The version of the protocol. `1` reaches workers of the original `reqrep`, which know no headers, deadlines and errors.
   * @default 2
   */
  readonly protocol?: 1 | 2 | undefined;
  /**
   * Whether a call within a handler inherits from the job of the handler: the rest of its deadline, its cancellation and the headers that
   * {@link ReqRepOptions.inheritedHeaders} names. Set `false` for a request that several jobs share, such as one whose promise is cached.
   * @default true
   */
  readonly inherit?: boolean | undefined;
}

/** Options of one {@link RequestClient.send} or {@link RequestClient.request}. */
export interface SendOptions extends EmitOptions {
  /**
   * The time in ms that the request may take, from the subscription to its end. `0` = no limit.
   * @default the `timeout` of the module: 30 000 unless set
   */
  readonly timeout?: number | undefined;
  /**
   * The time in ms that may pass before the first value, and from one value of a stream to the next. `0` = no limit.
   * @default 0
   */
  readonly idleTimeout?: number | undefined;
  /** A signal that cancels the request when it aborts. The request ends with the reason of the signal as its error. */
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
    // A signal of another realm, such as that of a test environment, is not an instance of this `AbortSignal`.
    accepts: (value) => Object.prototype.toString.call(value) === '[object AbortSignal]',
  },
};

/** Options that the original protocol cannot carry. */
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
    return; // a quick way for most calls, which pass no options
  }
  checkOptions(options, SEND_RULES, callTo(queue));
  checkOriginal(queue, options);
}

/** @throws InvalidOptionError @internal */
export function checkEmitOptions(queue: string, options: EmitOptions): void {
  if (options === NO_OPTIONS) {
    return;
  }
  checkOptions(options, EMIT_RULES, callTo(queue));
  checkOriginal(queue, options);
}

/** Names a call in errors. */
const callTo = (queue: string): string => `a call to queue "${queue}"`;

function checkOriginal(queue: string, options: EmitOptions): void {
  if (options.protocol === 1) {
    const unfit = NOT_IN_ORIGINAL.find((name) => options[name] !== undefined);
    if (unfit) {
      throw new InvalidOptionError(
        `${unfit} in ${callTo(queue)}`,
        'left out with `protocol: 1`, which cannot carry it',
        describeValue(options[unfit]),
      );
    }
  }
}
