import { delay, type Runtime } from '../../lib/driver/runtime.js';
import type { RunContext } from '../../lib/worker/running/run-context.js';
import type { JobHandler } from '../../lib/worker/worker-options.js';
import type { Question } from './question.js';

/** The reply to a question, which no other caller may get. */
export const replyTo = ({ key, padding, isReplyLong }: Question): string =>
  `answer to ${key}${isReplyLong ? padding : ''}`;

/** The value of a stream at an index. */
export const valueOf = ({ key }: Question, index: number): string => `value ${index} of ${key}`;

/** What handlers need of their process. */
export interface Site {
  readonly runtime: Runtime;
  /** Records a run. @returns a function to call when the handler has returned. */
  onRun(question: Question): () => void;
  /** Sends the nested question of a job. Resolves when its request has ended, whichever way. */
  sendWithin(job: RunContext, parent: Question): Promise<void>;
  /** Ends the process. */
  die(question: Question): void;
}

/** @returns a handler that does what the question of each job says. */
export function handlerOf(
  queue: string,
  { concurrency, maxDeliveries }: Pick<JobHandler, 'concurrency' | 'maxDeliveries'>,
  site: Site,
): JobHandler {
  return {
    queue,
    name: `Simulation#${queue}`,
    concurrency,
    timeout: 0,
    maxDeliveries,
    deadLetterFailures: 'emits',
    handle: (data, job) => {
      const question = data as Question;
      const onEnd = site.onRun(question);
      if (question.kind === 'poison') {
        site.die(question);
      }
      if (question.kind === 'answer' && question.ms === 0) {
        onEnd();
        return replyTo(question);
      }
      return (question.kind === 'stream' ? stream : answer)(question, job, site, onEnd);
    },
  };
}

async function answer(
  question: Question,
  job: RunContext,
  site: Site,
  onEnd: () => void,
): Promise<string> {
  try {
    await work(question, job, site);
    if (question.kind === 'throw') {
      throw new Error(replyTo(question));
    }
    if (question.nested) {
      // Where the nested request fails, the handler replies all the same.
      await site.sendWithin(job, question);
    }
    return replyTo(question);
  } finally {
    onEnd();
  }
}

async function* stream(
  question: Question,
  job: RunContext,
  site: Site,
  onEnd: () => void,
): AsyncGenerator<string> {
  try {
    for (let index = 0; index < question.count; index++) {
      await work(question, job, site);
      yield valueOf(question, index);
    }
  } finally {
    onEnd();
  }
}

/** Works for as long as the question says, or until the run is aborted. */
async function work(
  { ms, isStubborn }: Question,
  { signal }: RunContext,
  { runtime }: Site,
): Promise<void> {
  const isOver = delay(runtime, ms);
  if (isStubborn) {
    await isOver;
    return;
  }
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  signal.throwIfAborted();
  await Promise.race([isOver, aborted]);
}
