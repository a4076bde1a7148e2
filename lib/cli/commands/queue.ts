import type { DurationCounts } from '../../admin/duration-counts.js';
import type { QueueSnapshot } from '../../admin/queue-snapshot.js';
import type { Command } from '../frame/command.js';
import { durationText } from '../frame/duration-text.js';
import { EXIT } from '../frame/exit-codes.js';
import type { Output } from '../frame/output.js';
import { withReqRep } from '../frame/with-reqrep.js';
import { writeRunningJobs } from '../tables/job-tables.js';
import { writeQueues } from '../tables/queue-table.js';
import { writeWorkers } from '../tables/worker-table.js';

/** Shows one queue with its workers and what they run. */
export const queue: Command = {
  name: 'queue',
  operands: 'QUEUE',
  summary: 'show one queue, its workers and what they run',
  description: [
    'Shows the state of a queue, how long its jobs wait and run, its workers, and the jobs that run now. It asks the workers for these, and waits half a second for their answers.',
  ],
  options: {},
  examples: [
    ['nestjs-reqrep queue reports', 'everything about one queue'],
    [`nestjs-reqrep queue reports | jq '.runningJobs[0]'`, 'the job that has run for longest'],
  ],
  exits: {},
  run: async ({ operands: [name = ''], out, ...call }) =>
    withReqRep(call, async ({ admin }) => {
      const [snapshot, alive, { jobs, silent }] = await Promise.all([
        admin.queue(name),
        admin.workers(name),
        admin.running(name),
      ]);
      if (!out.isForPeople) {
        out.json({ ...snapshot, aliveWorkers: alive, runningJobs: jobs, silentWorkers: silent });
        return EXIT.ok;
      }
      writeQueues([snapshot], out);
      writeCounts(snapshot, out);
      out.line();
      writeWorkers(alive, out);
      out.line();
      writeRunningJobs(jobs, out);
      if (silent.length > 0) {
        out.text(`${silent.length} of the workers did not answer what they run.`);
      }
      return EXIT.ok;
    }),
};

function writeCounts({ counts }: QueueSnapshot, out: Output): void {
  const { expired, cancelled, redelivered, runs, waits } = counts;
  out.line();
  out.text(`expired ${expired}, cancelled ${cancelled}, redelivered ${redelivered}`);
  out.text(`jobs wait ${spread(waits)}`);
  out.text(`jobs run  ${spread(runs)}`);
}

/** @returns how long half of the jobs took at most, and 95 % of them, as far as the buckets tell. */
function spread({ buckets }: DurationCounts): string {
  const all = buckets.reduce((sum, { count }) => sum + count, 0);
  if (all === 0) {
    return 'unknown';
  }
  const within = (share: number): string => {
    let seen = 0;
    const bucket = buckets.find(({ count }) => (seen += count) >= all * share);
    const last = buckets.findLast(({ upTo }) => upTo !== undefined)?.upTo ?? 0;
    return bucket?.upTo === undefined
      ? `> ${durationText(last)}`
      : `<= ${durationText(bucket.upTo)}`;
  };
  return `p50 ${within(0.5)}, p95 ${within(0.95)}`;
}
