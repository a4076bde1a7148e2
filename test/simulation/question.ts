import type { Random } from '../chaos/random.js';

/** What a simulated request or emit wants. It is the data of the job, so that the handler knows what to do. */
export interface Question {
  readonly key: string;
  readonly queue: string;
  /**
   * `answer`, `throw` and `nest` reply once, after `ms`; `stream` sends `count` values, `ms` apart; `poison` ends the process
   * that runs it.
   */
  readonly kind: 'answer' | 'throw' | 'nest' | 'stream' | 'poison';
  readonly ms: number;
  readonly count: number;
  /** Whether the handler goes on when its run is aborted. */
  readonly isStubborn: boolean;
  readonly call: 'send' | 'emit';
  readonly protocol: 1 | 2;
  /** ms; 0 = no limit. */
  readonly timeout: number;
  readonly maxDeliveries: number | undefined;
  readonly requireWorker: boolean;
  readonly maxQueueLength: number | undefined;
  /** Makes the job long. */
  readonly padding: string;
  /** Whether the reply is as long. */
  readonly isReplyLong: boolean;
  /** When its caller cancels, ms after the call, and how; `undefined` = never. */
  readonly leave: { readonly after: number; readonly by: 'unsubscribe' | 'signal' } | undefined;
  /** The request that the handler sends, without its key. */
  readonly nested: Omit<Question, 'key'> | undefined;
}

export const QUEUES = ['alpha', 'beta'] as const;

/** Long enough to keep out of scripts. */
const LONG = 'x'.repeat(66_000);

/** @returns a random question for the queue, by default for a random one. */
export function randomQuestion(
  key: string,
  random: Random,
  queue: string = random.pick(QUEUES),
): Question {
  const protocol = random.next() < 0.1 ? 1 : 2;
  const kinds = ['answer', 'answer', 'answer', 'throw', 'nest', 'stream'] as const;
  const kind = protocol === 1 ? 'answer' : random.pick(kinds);
  const call = random.next() < 0.15 ? 'emit' : 'send';
  return {
    ...plainQuestion(key, queue),
    kind,
    ms: random.pick(kind === 'stream' ? [0, 0, 5, 50] : [0, 0, 0, 5, 50, 50, 300, 2_000]),
    count: random.pick([0, 1, 3, 12]),
    isStubborn: random.next() < 0.2,
    call,
    protocol,
    // Nobody replies to a version 1 request whose job is lost for good, so it needs a timeout.
    timeout: random.pick([200, 3_000, 30_000, protocol === 1 ? 30_000 : 0]),
    ...(protocol === 2 && {
      maxDeliveries: random.pick([undefined, undefined, 1, 2]),
      requireWorker: random.next() < 0.1,
    }),
    maxQueueLength: random.next() < 0.1 ? random.pick([1, 3, 10]) : undefined,
    ...randomPadding(random),
    leave: call === 'send' ? randomLeave(random) : undefined,
    nested: kind === 'nest' ? randomNested(random, queue) : undefined,
  };
}

/** @returns a question without limits whose handler replies at once. */
export const plainQuestion = (key: string, queue: string): Question => ({
  key,
  queue,
  kind: 'answer',
  ms: 0,
  count: 0,
  isStubborn: false,
  call: 'send',
  protocol: 2,
  timeout: 0,
  maxDeliveries: undefined,
  requireWorker: false,
  maxQueueLength: undefined,
  padding: '',
  isReplyLong: false,
  leave: undefined,
  nested: undefined,
});

function randomPadding(random: Random): Pick<Question, 'padding' | 'isReplyLong'> {
  const isLong = random.next() < 0.02;
  return { padding: isLong ? LONG : '', isReplyLong: isLong && random.next() < 0.5 };
}

function randomLeave(random: Random): Question['leave'] {
  const by = random.pick(['unsubscribe', 'signal'] as const);
  // Some cancel before the request is sent.
  const after = random.next() < 0.1 ? 0 : Math.floor(random.between(1, 800));
  return random.next() < 0.15 ? { after: by === 'signal' ? after : after + 1, by } : undefined;
}

/** Handlers of a queue send requests to the next queue only, so that no queue waits for itself. */
function randomNested(random: Random, own: string): Question['nested'] {
  const queue = QUEUES[QUEUES.findIndex((each) => each === own) + 1];
  return queue === undefined
    ? undefined
    : {
        ...plainQuestion('', queue),
        kind: random.pick(['answer', 'answer', 'throw']),
        ms: random.pick([0, 5, 50, 300, 2_000]),
        timeout: random.pick([200, 30_000, 30_000]),
      };
}
