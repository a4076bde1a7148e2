import type { Observable } from 'rxjs';
import type { SendOptions } from '../../lib/client/calls/call-options.js';
import { codeOf } from './code-of.js';
import type { Ledger, Story } from './ledger.js';
import type { SimulatedProcess } from './process.js';
import type { Question } from './question.js';

/** The reason with which a caller aborts the signal of its request. */
const LEFT = Object.assign(new Error('The caller has cancelled'), { code: 'LEFT' });

/**
 * Sends a question as a request or an emit of a process, and records what the caller gets. Resolves at the end, whichever it is.
 * @param parent - the question whose handler sends this one.
 */
export function send(
  question: Question,
  { client, runtime, name }: SimulatedProcess,
  ledger: Ledger,
  parent?: Story,
): Promise<void> {
  const story = ledger.sent(question, name, parent);
  const { call, queue, leave } = question;
  const leaving = leave?.by === 'signal' ? new AbortController() : undefined;
  return new Promise((resolve) => {
    const end = (text: string, message?: string): void => {
      if (runtime.isAlive) {
        ledger.ended(story, text, message);
      }
      resolve();
    };
    const onPushed = (): void => {
      if (runtime.isAlive) {
        ledger.pushed(story);
      }
    };
    const options = { ...optionsOf(question), signal: leaving?.signal, onPushed };
    const leaveNow = (): void => {
      if (story.ends.length === 0) {
        ledger.left(story);
        leaving?.abort(LEFT);
      }
    };
    if (leaving && leave?.after === 0) {
      leaveNow();
    }
    const source: Observable<unknown> =
      call === 'send'
        ? client.send(queue, question, options)
        : client.emit(queue, question, { ...optionsOf(question), onPushed });
    const subscription = source.subscribe({
      next: (value) => runtime.isAlive && ledger.value(story, value),
      complete: () => end('complete'),
      error: (error: unknown) => end(...codeOf(error)),
    });
    if (leave && leave.after > 0) {
      runtime.setTimeout(() => {
        const isOpen = story.ends.length === 0;
        leaveNow();
        if (!leaving && isOpen) {
          end('cancelled');
          subscription.unsubscribe();
        }
      }, leave.after);
    }
  });
}

const optionsOf = (question: Question): SendOptions => {
  const { timeout, protocol, maxDeliveries, requireWorker, maxQueueLength } = question;
  return {
    timeout,
    protocol,
    maxDeliveries,
    maxQueueLength,
    ...(requireWorker && { requireWorker }),
  };
};
