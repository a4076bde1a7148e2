import type { PausedQueue } from '../../admin/paused-queue.js';
import { counted } from '../../errors/counted.js';
import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import type { Output } from '../frame/output.js';
import { withReqRep } from '../frame/with-reqrep.js';

/** Pauses a queue everywhere. */
export const pause: Command = {
  name: 'pause',
  operands: 'QUEUE',
  summary: 'pause a queue for the workers of all processes',
  description: [
    'Pauses a queue for the workers of all processes, also those that start later, until it is resumed. They take no more jobs, within moments; jobs that run go on, and requests wait. Workers of an earlier version of the library do not hear of it, and are named.',
  ],
  options: {},
  examples: [
    ['nestjs-reqrep pause reports', 'before the database is migrated'],
    ['nestjs-reqrep pause reports && nestjs-reqrep queue reports', 'and see what still runs'],
  ],
  exits: { failed: 'workers of an earlier version go on' },
  run: async ({ operands: [queue = ''], out, ...call }) =>
    withReqRep(call, async ({ admin }) => {
      const paused = await admin.pause(queue);
      writePaused(paused, out);
      return paused.olderWorkers.length === 0 ? EXIT.ok : EXIT.failed;
    }),
};

function writePaused(paused: PausedQueue, out: Output): void {
  if (!out.isForPeople) {
    out.json(paused);
    return;
  }
  const { queue, workers, olderWorkers } = paused;
  const stopped = `${counted(workers.length, 'worker')} ${workers.length === 1 ? 'takes' : 'take'}`;
  out.text(`Queue "${queue}" is paused: ${stopped} no more jobs.`);
  for (const { host, pid } of olderWorkers) {
    out.text(`A worker of an earlier version goes on: process ${pid ?? 'unknown'} on ${host}.`);
  }
}
