import type { PushReceipt } from '../../client/calls/push-receipt.js';
import { counted } from '../../errors/counted.js';
import { MAX_TIMER_DELAY_MS } from '../../options/option-rules.js';
import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { headersIn, JOB_OPTIONS, readData } from '../frame/job-input.js';
import type { Output } from '../frame/output.js';
import { integerOf } from '../frame/option-values.js';
import { withReqRep } from '../frame/with-reqrep.js';

/** Pushes one job that nobody waits for, and writes the receipt. */
export const emit: Command = {
  name: 'emit',
  operands: 'QUEUE JSON',
  summary: 'push a job without waiting for a reply, and print the receipt',
  description: [
    'Pushes a job with the data JSON to a queue, and prints its id and how many jobs wait, once Redis has it. With - for JSON it reads the data from stdin.',
  ],
  options: {
    timeout: {
      type: 'string',
      value: 'MS',
      help: 'the time within which a worker has to start the job, else it is discarded; default: no limit',
    },
    ...JOB_OPTIONS,
  },
  examples: [
    [`nestjs-reqrep emit mails '{"to":"a@b.example"}'`, 'a job that runs when a worker is free'],
    [
      'nestjs-reqrep emit imports - --header tenant=acme < import.json',
      'the data from a file, and a header',
    ],
  ],
  exits: {
    ok: 'Redis has the job',
    failed: true,
    timeout: 'Redis did not take the job within --timeout',
    noWorkers: true,
  },
  run: async ({ operands: [queue = '', json = ''], values, out, ...call }) => {
    const options = {
      headers: headersIn(values),
      timeout: integerOf(values, 'timeout', 0, MAX_TIMER_DELAY_MS),
      requireWorker: values['require-worker'] === true,
    };
    const data = await readData(json, call);
    return withReqRep(call, async ({ client }) => {
      await client.emit(queue, data, options).forEach((receipt) => writeReceipt(receipt, out));
      return EXIT.ok;
    });
  },
};

function writeReceipt(receipt: PushReceipt, out: Output): void {
  if (!out.isForPeople) {
    out.json(receipt);
    return;
  }
  const { id, queue, queueLength } = receipt;
  const waiting = `${counted(queueLength, 'job')} ${queueLength === 1 ? 'waits' : 'wait'}`;
  out.text(`Redis has job ${id}: ${waiting} in queue "${queue}".`);
}
