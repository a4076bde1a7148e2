import { counted } from '../../errors/counted.js';
import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { CHOICE_OPTIONS, chosenLetters } from '../frame/letter-choice.js';
import { withReqRep } from '../frame/with-reqrep.js';

/** Removes dead letters for good. */
export const deadRemove: Command = {
  name: 'dead remove',
  operands: 'QUEUE [ID...]',
  summary: 'remove dead letters for good',
  description: ['Removes dead letters for good: nothing brings them back.'],
  options: CHOICE_OPTIONS,
  examples: [
    ['nestjs-reqrep dead remove mails 1795813440233-0', 'one letter'],
    ['nestjs-reqrep dead remove mails --reason failed', 'all whose handler threw an error'],
  ],
  exits: { failed: 'some of the ids are not there' },
  run: async ({ operands: [queue = '', ...ids], values, out, ...call }) => {
    const chosen = chosenLetters(ids, values);
    return withReqRep(call, async ({ admin }) => {
      const removed = await admin.deadLetters(queue).remove(chosen);
      if (out.isForPeople) {
        out.text(
          `${counted(removed, 'dead letter')} of queue "${queue}" ${removed === 1 ? 'is' : 'are'} gone.`,
        );
      } else {
        out.json({ queue, removed });
      }
      return removed < new Set(ids).size ? EXIT.failed : EXIT.ok;
    });
  },
};
