import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { integerOf } from '../frame/option-values.js';
import { withReqRep } from '../frame/with-reqrep.js';
import { writeWaitingJobs } from '../tables/job-tables.js';

/** Most jobs that one look returns. */
const MAX_LIMIT = 1_000;

/** Shows jobs that wait in a queue. */
export const peek: Command = {
  name: 'peek',
  operands: 'QUEUE',
  summary: 'show the jobs that wait in a queue, and leave them there',
  description: [
    'Shows the jobs that wait in a queue, from the one that is taken next, and leaves them there. The table cuts long data; JSON lines have all of it, and the headers.',
  ],
  options: {
    limit: { type: 'string', value: 'COUNT', help: 'most jobs to show, up to 1000; default: 50' },
    skip: { type: 'string', value: 'COUNT', help: 'jobs to leave out; default: 0' },
  },
  examples: [
    ['nestjs-reqrep peek reports', 'the next 50 jobs'],
    ['nestjs-reqrep peek reports --limit 1 | jq .data', 'the data of the next job'],
  ],
  exits: {},
  run: async ({ operands: [queue = ''], values, out, ...call }) => {
    const range = {
      skip: integerOf(values, 'skip', 0),
      limit: integerOf(values, 'limit', 1, MAX_LIMIT),
    };
    return withReqRep(call, async ({ admin }) => {
      writeWaitingJobs(await admin.peek(queue, range), out);
      return EXIT.ok;
    });
  },
};
