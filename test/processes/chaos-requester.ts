/**
 * A requester of the fault suite: keeps `IN_FLIGHT` requests waiting and writes each one's beginning and ends into
 * the ledger, until it has sent `REQUESTS` or is told to stop.
 */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ReqRepError, ReqRepModule, RequestClient } from 'nestjs-reqrep';
import type { ChaosJob } from './chaos-worker.js';
import { record } from './ledger.js';

const {
  QUEUE = '',
  REDIS_URL = '',
  IN_FLIGHT = '64',
  REQUESTS = 'Infinity',
  TIMEOUT = '15000',
} = process.env;

@Module({ imports: [ReqRepModule.forRoot({ connection: REDIS_URL, timeout: Number(TIMEOUT) })] })
class RequesterModule {}

const app = await NestFactory.createApplicationContext(RequesterModule, { logger: ['error'] });
const client = app.get(RequestClient);
/** What is long takes other ways through Redis than what is short. */
const LENGTHS = [0, 0, 0, 0, 0, 0, 20_000, 100_000];
let sent = 0;
let isStopping = false;

function ask(): Promise<void> {
  const number = sent++;
  const key = `${process.pid}-${number}`;
  const filler = 'x'.repeat(LENGTHS[number % LENGTHS.length] ?? 0);
  const isRight = (reply: ChaosJob): boolean => reply.key === key && reply.filler === filler;
  record({ event: 'sent', key });
  return new Promise((resolve) => {
    client
      .send<ChaosJob>(QUEUE, { key, filler }, { onPushed: () => record({ event: 'pushed', key }) })
      .subscribe({
        next: (reply) => record({ event: 'reply', key, isRight: isRight(reply) }),
        error: (error: unknown) => {
          record({
            event: 'end',
            key,
            end: error instanceof ReqRepError ? error.code : String(error),
          });
          resolve();
        },
        complete: () => {
          record({ event: 'end', key, end: 'complete' });
          resolve();
        },
      });
  });
}

async function caller(): Promise<void> {
  while (!isStopping && sent < Number(REQUESTS)) {
    await ask();
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
