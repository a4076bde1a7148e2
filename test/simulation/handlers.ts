import { firstValueFrom } from 'rxjs';
import type { RequestClient } from '../../lib/client/request-client.js';
import { delay, type Runtime } from '../../lib/driver/runtime.js';
import type { JobContext } from '../../lib/worker/running/job-context.js';
import type { JobHandler } from '../../lib/worker/worker-options.js';
import { QUEUES, type Question } from './question.js';

/** What a handler answers to a question, and nobody else may get. */
export const answerTo = ({ key }: Question): string => `answer to ${key}`;

/** How the value of a stream at a place looks. */
export const valueOf = ({ key }: Question, index: number): string => `value ${index} of ${key}`;

/** The question that a handler asks in turn. */
export const nestedIn = (question: Question): Question => ({
  ...question,
  key: `${question.key}'`,
  // Each queue asks the next one, so that no queue waits for itself.
  queue: QUEUES[QUEUES.findIndex((queue) => queue === question.queue) + 1] ?? question.queue,
  kind: 'answer',
});

/** What handlers have of their process. */
export interface Site {
  readonly runtime: Runtime;
  readonly client: RequestClient;
  /** @returns what to call when the handler has ended. */
  onRun(question: Question): () => void;
}

/** @returns a handler that does what the question says. */
export function handlerOf(queue: string, concurrency: number, site: Site): JobHandler {
  return {
    queue,
    name: `Simulation#${queue}`,
    concurrency,
    timeout: 0,
    maxDeliveries: 3,
    handle: (data, job) => {
      const question = data as Question;
      const onEnd = site.onRun(question);
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
  job: JobContext,
  site: Site,
  onEnd: () => void,
): Promise<string> {
  try {
    await work(question, job, site);
    if (question.kind === 'throw') {
      throw new Error(answerTo(question));
    }
    const nested = nestedIn(question);
    if (question.kind === 'nest' && nested.queue !== question.queue) {
      // That it fails is an end as well, and the question is answered all the same.
      const { queue } = nested;
      await firstValueFrom(site.client.send(queue, nested, { timeout: 5_000 })).catch(() => null);
    }
    return answerTo(question);
  } finally {
    onEnd();
  }
}

async function* stream(
  question: Question,
  job: JobContext,
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
  { signal }: JobContext,
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
