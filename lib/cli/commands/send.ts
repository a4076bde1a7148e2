import { MAX_TIMER_DELAY_MS } from '../../options/option-rules.js';
import type { Command } from '../frame/command.js';
import { EXIT } from '../frame/exit-codes.js';
import { headersIn, JOB_OPTIONS, readData } from '../frame/job-input.js';
import { integerOf } from '../frame/option-values.js';
import { withReqRep } from '../frame/with-reqrep.js';

/** Sends one request, and writes its reply, or each value of its stream as it arrives. */
export const send: Command = {
  name: 'send',
  operands: 'QUEUE JSON',
  summary: 'send a request, and print the reply or each value of a stream',
  description: [
    'Sends a request with the data JSON to a queue, and prints the reply. Of a stream it prints each value as it arrives, one a line into a pipe. With - for JSON it reads the data from stdin.',
    'ctrl-C cancels the request: a job that waits is not run, and the signal of one that runs aborts.',
  ],
  options: {
    timeout: {
      type: 'string',
      value: 'MS',
      help: 'the time that the request may take; 0 = no limit; default: 30000',
    },
    'idle-timeout': {
      type: 'string',
      value: 'MS',
      help: 'the time from one value of a stream to the next; default: no limit',
    },
    ...JOB_OPTIONS,
  },
  examples: [
    [`nestjs-reqrep send reports '{"id":"A7"}' --timeout 5000`, 'one reply, within 5 s'],
    [
      'nestjs-reqrep send rows - --timeout 0 < query.json | jq .id',
      'each value of a stream, as it arrives',
    ],
  ],
  exits: {
    ok: 'the reply, or the end of the stream',
    failed: 'the handler threw an error',
    timeout: true,
    noWorkers: true,
    workerLost: true,
  },
  run: async ({ operands: [queue = '', json = ''], values, out, ...call }) => {
    const options = {
      headers: headersIn(values),
      timeout: integerOf(values, 'timeout', 0, MAX_TIMER_DELAY_MS),
      idleTimeout: integerOf(values, 'idle-timeout', 0, MAX_TIMER_DELAY_MS),
      requireWorker: values['require-worker'] === true,
      signal: call.signal,
    };
    const data = await readData(json, call);
    return withReqRep(call, async ({ client }) => {
      await client.send(queue, data, options).forEach((value) => out.json(value));
      return EXIT.ok;
    });
  },
};
