import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { withReqRep } from '../frame/with-reqrep.js';

/** Shows one dead letter. */
export const deadShow: Command = {
  name: 'dead show',
  operands: 'QUEUE ID',
  summary: 'show a dead letter: its error, its data and its headers',
  description: [
    'Shows all of a dead letter: why the job is not run any more, the error of its handler, its data and its headers.',
  ],
  options: {},
  examples: [
    ['nestjs-reqrep dead show mails 1795813440233-0', 'everything about one'],
    ['nestjs-reqrep dead show mails 1795813440233-0 | jq .data', 'the data of its job'],
  ],
  exits: { failed: 'there is no such letter' },
  run: async ({ operands: [queue = '', id = ''], out, ...call }) =>
    withReqRep(call, async ({ admin }) => {
      const letter = await admin.deadLetters(queue).get(id);
      if (letter === undefined) {
        throw new Error(`Queue "${queue}" has no dead letter ${id}: "dead list" shows their ids`);
      }
      out.json(letter);
      return EXIT.ok;
    }),
};
