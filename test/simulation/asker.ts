import type { Observable } from 'rxjs';
import { codeOf } from './code-of.js';
import type { Ledger } from './ledger.js';
import type { SimulatedProcess } from './process.js';
import type { Question } from './question.js';

/** Asks a question in the name of a process, and writes down all that comes of it. */
export function ask(question: Question, process: SimulatedProcess, ledger: Ledger): void {
  const { client, runtime, name } = process;
  const story = ledger.sent(question, name);
  const { call, queue, timeout, protocol, maxDeliveries, leaveAfter } = question;
  const ifAlive = (work: () => void): void => {
    if (runtime.isAlive) {
      work();
    }
  };
  const options = {
    timeout,
    protocol,
    maxDeliveries,
    onPushed: () => ifAlive(() => ledger.pushed(story)),
  };
  const source: Observable<unknown> =
    call === 'send' ? client.send(queue, question, options) : client.emit(queue, question, options);
  const subscription = source.subscribe({
    next: (value) => ifAlive(() => ledger.value(story, value)),
    complete: () => ifAlive(() => ledger.ended(story, 'complete')),
    error: (error: unknown) => ifAlive(() => ledger.ended(story, ...codeOf(error))),
  });
  if (leaveAfter !== undefined) {
    runtime.setTimeout(() => {
      if (story.ends.length === 0) {
        ledger.ended(story, 'cancelled');
        subscription.unsubscribe();
      }
    }, leaveAfter);
  }
}
