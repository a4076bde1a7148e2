import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { rangeIn, rangeOptions } from '../frame/list-range.js';
import { withReqRep } from '../frame/with-reqrep.js';
import { writeDeadLetters } from '../tables/dead-letter-table.js';

/** Lists dead letters. */
export const deadList: Command = {
  name: 'dead list',
  operands: 'QUEUE',
  summary: 'list the dead letters of a queue, the newest first',
  description: [
    'Lists the dead letters of a queue, the newest first: jobs that are not run any more, because their handler threw an error, they lost too many workers, or they cannot be read.',
  ],
  options: rangeOptions('letters', 'list'),
  examples: [
    ['nestjs-reqrep dead list mails', 'the newest 50'],
    [
      'nestjs-reqrep dead list mails | jq -r .message | sort | uniq -c',
      'what went wrong, and how often',
    ],
  ],
  exits: {},
  run: async ({ operands: [queue = ''], values, out, ...call }) => {
    const range = rangeIn(values);
    return withReqRep(call, async ({ admin }) => {
      writeDeadLetters(await admin.deadLetters(queue).list(range), out);
      return EXIT.ok;
    });
  },
};
