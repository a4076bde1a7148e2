import { delay, type Runtime } from '../../lib/driver/runtime.js';
import type { RunContext } from '../../lib/worker/running/run-context.js';
import type { JobHandler } from '../../lib/worker/worker-options.js';
import type { Question } from './question.js';

/** What a handler answers to a question, and nobody else may get. */
export const answerTo = ({ key, padding, isAnswerLong }: Question): string =>
  `answer to ${key}${isAnswerLong ? padding : ''}`;

/** How the value of a stream at a place looks. */
export const valueOf = ({ key }: Question, index: number): string => `value ${index} of ${key}`;

/** What handlers have of their process. */
export interface Site {
  readonly runtime: Runtime;
  /** @returns what to call when the handler has ended. */
  onRun(question: Question): () => void;
  /** Asks in the name of a job. Resolves when that has come to an end, whichever it is. */
  askWithin(job: RunContext, parent: Question): Promise<void>;
  /** Ends the process. */
  die(question: Question): void;
}

/** @returns a handler that does what the question says. */
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
    handle: (data, job) => {
      const question = data as Question;
      const onEnd = site.onRun(question);
      if (question.kind === 'poison') {
        site.die(question);
      }
      if (question.kind === 'answer' && question.ms === 0) {
        onEnd();
        return answerTo(question);
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
      throw new Error(answerTo(question));
    }
    if (question.nested) {
      // That it fails is an end as well, and the question is answered all the same.
      await site.askWithin(job, question);
    }
    return answerTo(question);
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

/** Takes its time, or until the run is aborted. */
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
