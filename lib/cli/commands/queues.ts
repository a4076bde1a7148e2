import { setTimeout as delay } from 'node:timers/promises';
import type { QueueSnapshot } from '../../admin/queue-snapshot.js';
import { MAX_TIMER_DELAY_MS } from '../../options/option-rules.js';
import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { integerOf } from '../frame/option-values.js';
import { withReqRep } from '../frame/with-reqrep.js';
import { writeQueues, type QueueRow } from '../tables/queue-table.js';

const DEFAULT_INTERVAL_MS = 2_000;

/** Lists all queues, once or again and again. */
export const queues: Command = {
  name: 'queues',
  operands: '',
  summary: 'list the queues: what waits, what runs, who serves',
  description: [
    'Lists all queues that a worker has served within 90 days, with the number of jobs that wait, how long the oldest has waited, what runs, the workers that are alive, what they have done, and dead letters. With --watch it looks again and again, and tells how many jobs a second end.',
  ],
  options: {
    watch: { type: 'boolean', help: 'look again and again, until ctrl-C' },
    interval: {
      type: 'string',
      value: 'MS',
      help: `the time between two looks; default: ${DEFAULT_INTERVAL_MS}`,
    },
  },
  examples: [
    ['nestjs-reqrep queues --watch', 'a table that moves'],
    [
      `nestjs-reqrep queues | jq -r 'select(.waiting > 100).queue'`,
      'the queues in which many jobs wait',
    ],
  ],
  exits: {},
  run: async ({ values, out, ...call }) => {
    const isWatching = values['watch'] === true;
    const interval = integerOf(values, 'interval', 100, MAX_TIMER_DELAY_MS) ?? DEFAULT_INTERVAL_MS;
    return withReqRep(call, async ({ admin }) => {
      let before: Look | undefined;
      do {
        const look = { at: performance.now(), queues: await admin.queues() };
        const rows = before === undefined ? look.queues : withRates(look, before);
        if (isWatching) {
          out.clear();
        }
        writeQueues(rows, out, isWatching);
        before = look;
        // Ends with the command, which a signal ends.
        await (isWatching && delay(interval, undefined, { signal: call.signal }));
      } while (isWatching);
      return EXIT.ok;
    });
  },
};

interface Look {
  readonly at: number;
  readonly queues: readonly QueueSnapshot[];
}

function withRates({ at, queues: now }: Look, before: Look): QueueRow[] {
  const endedBefore = new Map(before.queues.map((each) => [each.queue, ended(each)]));
  const seconds = (at - before.at) / 1_000;
  return now.map((each) => {
    const was = endedBefore.get(each.queue);
    const perSecond = was === undefined ? undefined : Math.max(0, (ended(each) - was) / seconds);
    return { ...each, perSecond };
  });
}

const ended = ({ counts: { done, failed, expired, cancelled } }: QueueSnapshot): number =>
  done + failed + expired + cancelled;
