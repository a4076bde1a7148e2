import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { withReqRep } from '../frame/with-reqrep.js';
import { writeWorkers } from '../tables/worker-table.js';

/** Lists the workers that are alive. */
export const workers: Command = {
  name: 'workers',
  operands: '[QUEUE]',
  summary: 'list the workers that are alive, of one queue or of all',
  description: [
    'Lists the workers that are alive, one for each queue of a process: host, pid, how many jobs of at most how many run, what it has done since its start, its handler and the version of the library. A worker of an earlier version tells less.',
  ],
  options: {},
  examples: [
    ['nestjs-reqrep workers', 'all workers'],
    [`nestjs-reqrep workers reports | jq -r .host | sort | uniq -c`, 'the workers on each host'],
  ],
  exits: {},
  run: async ({ operands: [queue], out, ...call }) =>
    withReqRep(call, async ({ admin }) => {
      writeWorkers(await admin.workers(queue), out);
      return EXIT.ok;
    }),
};
