import type { Random } from '../chaos/random.js';

/** What is asked of a queue. It travels as the data of the job, so that the handler knows what to do. */
export interface Question {
  readonly key: string;
  readonly queue: string;
  /** `answer`, `throw` and `nest` reply once, after `ms`; `stream` sends `count` values, `ms` apart. */
  readonly kind: 'answer' | 'throw' | 'nest' | 'stream';
  readonly ms: number;
  readonly count: number;
  /** Whether the handler goes on when its run is aborted. */
  readonly isStubborn: boolean;
  readonly call: 'send' | 'emit';
  readonly protocol: 1 | 2;
  /** ms; 0 = no limit. */
  readonly timeout: number;
  readonly maxDeliveries: number | undefined;
  /** After how many ms its caller leaves; `undefined` = never. */
  readonly leaveAfter: number | undefined;
}

export const QUEUES = ['alpha', 'beta'] as const;

/** @returns something to ask: of any queue unless one is given. */
export function randomQuestion(
  key: string,
  random: Random,
  queue: string = random.pick(QUEUES),
): Question {
  const protocol = random.next() < 0.1 ? 1 : 2;
  const kinds = ['answer', 'answer', 'answer', 'throw', 'nest', 'stream'] as const;
  const kind = protocol === 1 ? 'answer' : random.pick(kinds);
  const call = random.next() < 0.15 ? 'emit' : 'send';
  const leaves = call === 'send' && random.next() < 0.15;
  return {
    key,
    queue,
    kind,
    ms: random.pick(kind === 'stream' ? [0, 0, 5, 50] : [0, 0, 0, 5, 50, 50, 300, 2_000]),
    count: random.pick([0, 1, 3, 12]),
    isStubborn: random.next() < 0.2,
    call,
    protocol,
    // One of the original protocol hears nothing of a job that is lost for good.
    timeout: random.pick([200, 3_000, 30_000, protocol === 1 ? 30_000 : 0]),
    maxDeliveries: protocol === 1 ? undefined : random.pick([undefined, undefined, 1, 2]),
    leaveAfter: leaves ? Math.floor(random.between(0, 800)) : undefined,
  };
}
