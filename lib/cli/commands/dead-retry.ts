import { counted } from '../../errors/counted.js';
import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { CHOICE_OPTIONS, chosenLetters } from '../frame/letter-choice.js';
import { withReqRep } from '../frame/with-reqrep.js';

/** Gives dead letters back to their queue. */
export const deadRetry: Command = {
  name: 'dead retry',
  operands: 'QUEUE [ID...]',
  summary: 'give dead letters back to their queue',
  description: [
    'Gives dead letters back to the end of their queue. A job keeps its id, its data and its headers; it has no deadline and no caller any more, and its deliveries count from 1 again.',
  ],
  options: CHOICE_OPTIONS,
  examples: [
    ['nestjs-reqrep dead retry mails 1795813440233-0', 'one letter'],
    ['nestjs-reqrep dead retry mails --reason failed', 'all whose handler threw an error'],
  ],
  exits: { failed: 'some of the ids are not there' },
  run: async ({ operands: [queue = '', ...ids], values, out, ...call }) => {
    const chosen = chosenLetters(ids, values);
    return withReqRep(call, async ({ admin }) => {
      const retried = await admin.deadLetters(queue).retry(chosen);
      if (out.isForPeople) {
        out.text(
          `${counted(retried, 'job')} of queue "${queue}" ${retried === 1 ? 'waits' : 'wait'} again.`,
        );
      } else {
        out.json({ queue, retried });
      }
      return retried < new Set(ids).size ? EXIT.failed : EXIT.ok;
    });
  },
};
