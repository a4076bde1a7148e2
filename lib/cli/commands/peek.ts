import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { rangeIn, rangeOptions } from '../frame/list-range.js';
import { withReqRep } from '../frame/with-reqrep.js';
import { writeWaitingJobs } from '../tables/job-tables.js';

/** Shows jobs that wait in a queue. */
export const peek: Command = {
  name: 'peek',
  operands: 'QUEUE',
  summary: 'show the jobs that wait in a queue, and leave them there',
  description: [
    'Shows the jobs that wait in a queue, from the one that is taken next, and leaves them there. The table cuts long data; JSON lines have all of it, and the headers.',
  ],
  options: rangeOptions('jobs', 'show'),
  examples: [
    ['nestjs-reqrep peek reports', 'the next 50 jobs'],
    ['nestjs-reqrep peek reports --limit 1 | jq .data', 'the data of the next job'],
  ],
  exits: {},
  run: async ({ operands: [queue = ''], values, out, ...call }) => {
    const range = rangeIn(values);
    return withReqRep(call, async ({ admin }) => {
      writeWaitingJobs(await admin.peek(queue, range), out);
      return EXIT.ok;
    });
  },
};
