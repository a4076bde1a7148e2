import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { withReqRep } from '../frame/with-reqrep.js';

/** Ends the pause of a queue. */
export const resume: Command = {
  name: 'resume',
  operands: 'QUEUE',
  summary: 'end the pause of a queue',
  description: [
    'Ends a pause for the workers of all processes. A process that has paused the queue for itself has to resume it for itself.',
  ],
  options: {},
  examples: [
    ['nestjs-reqrep resume reports', 'the workers take jobs again'],
    ['nestjs-reqrep resume reports && nestjs-reqrep queues --watch', 'and watch them catch up'],
  ],
  exits: {},
  run: async ({ operands: [queue = ''], out, ...call }) =>
    withReqRep(call, async ({ admin }) => {
      await admin.resume(queue);
      if (out.isForPeople) {
        out.text(`Queue "${queue}" is resumed.`);
      } else {
        out.json({ queue, isPaused: false });
      }
      return EXIT.ok;
    }),
};
