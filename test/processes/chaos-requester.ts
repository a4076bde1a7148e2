/**
 * A requester of the fault suite: keeps `IN_FLIGHT` requests waiting and writes each one's beginning and ends into
 * the ledger, until it has sent `REQUESTS` or is told to stop. `KINDS=all` makes some of them streams, jobs that must not
 * run twice, and jobs whose handlers throw odd errors. Of several queues in `QUEUE`, with commas between them, the first gets half of
 * the requests.
 */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ReqRepModule, RequestClient } from 'nestjs-reqrep';
import { Asker, type Question } from './asker.js';
import { record } from './ledger.js';

const {
  QUEUE = '',
  REDIS_URL = '',
  IN_FLIGHT = '64',
  REQUESTS = 'Infinity',
  TIMEOUT = '15000',
  KINDS = 'plain',
  OPTIONS = '{}',
} = process.env;

@Module({
  imports: [
    ReqRepModule.forRoot({
      ...JSON.parse(OPTIONS),
      connection: REDIS_URL,
      timeout: Number(TIMEOUT),
    }),
  ],
})
class RequesterModule {}

/** What is long takes other ways through Redis than what is short. */
const LENGTHS = [0, 0, 0, 0, 0, 0, 20_000, 100_000];

/** What some requests are, by the last digits of their number; all others are plain. */
const SPECIAL: Readonly<Record<number, Omit<Question, 'key'>>> = {
  3: { isOnce: true },
  7: { stream: { count: 20, ms: 20 } },
  11: { isOnce: true, ms: 200 },
  13: { stream: { count: 20, ms: 10, isObservable: true } },
  17: { stream: { count: 1_000, ms: 10, isObservable: true }, leaveAfter: 5 },
  19: { stream: { count: 1_000, ms: 10 }, leaveAfter: 5 },
  23: { odd: 0 },
  27: { odd: 0, length: 1 },
  31: { isOnce: true, stream: { count: 5, ms: 5 } },
  37: { ms: 1_000 },
};
const CYCLE = 40;

const app = await NestFactory.createApplicationContext(RequesterModule, { logger: ['error'] });
const client = app.get(RequestClient);
const [first, ...others] = QUEUE.split(',').map((queue) => new Asker(client, queue, record));
let sent = 0;
let isStopping = false;

function next(number: number): Question {
  const key = `${process.pid}-${number}`;
  const special = KINDS === 'all' ? SPECIAL[number % CYCLE] : undefined;
  return {
    key,
    length: LENGTHS[number % LENGTHS.length] ?? 0,
    ...special,
    // Each round takes another one of the odd errors.
    ...(special?.odd === undefined ? {} : { odd: Math.floor(number / CYCLE) }),
  };
}

/** @returns who asks: half of the time the first one, else the others in turn. */
function askerOf(number: number): Asker | undefined {
  const turn = Math.floor(number / CYCLE);
  return others.length === 0 || (number + turn) % 2 === 0
    ? first
    : others[Math.floor(number / 2) % others.length];
}

async function caller(): Promise<void> {
  while (!isStopping && sent < Number(REQUESTS)) {
    const number = sent++;
    await askerOf(number)?.ask(next(number));
  }
}

process.on('message', () => {
  isStopping = true;
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
await Promise.all(Array.from({ length: Number(IN_FLIGHT) }, caller));
await app.close();
process.exit();
