import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { integerOf } from '../frame/option-values.js';
import { withReqRep } from '../frame/with-reqrep.js';
import { writeDeadLetters } from '../tables/dead-letter-table.js';

/** Most letters that one look returns. */
const MAX_LIMIT = 1_000;

/** Lists dead letters. */
export const deadList: Command = {
  name: 'dead list',
  operands: 'QUEUE',
  summary: 'list the dead letters of a queue, the newest first',
  description: [
    'Lists the dead letters of a queue, the newest first: jobs that are not run any more, because their handler threw an error, they lost too many workers, or they cannot be read.',
  ],
  options: {
    limit: {
      type: 'string',
      value: 'COUNT',
      help: 'most letters to list, up to 1000; default: 50',
    },
    skip: { type: 'string', value: 'COUNT', help: 'letters to leave out; default: 0' },
  },
  examples: [
    ['nestjs-reqrep dead list mails', 'the newest 50'],
    [
      'nestjs-reqrep dead list mails | jq -r .message | sort | uniq -c',
      'what went wrong, and how often',
    ],
  ],
  exits: {},
  run: async ({ operands: [queue = ''], values, out, ...call }) => {
    const range = {
      skip: integerOf(values, 'skip', 0),
      limit: integerOf(values, 'limit', 1, MAX_LIMIT),
    };
    return withReqRep(call, async ({ admin }) => {
      writeDeadLetters(await admin.deadLetters(queue).list(range), out);
      return EXIT.ok;
    });
  },
};
