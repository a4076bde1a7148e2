import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { InvalidOptionError, OnJob, ReqRepModule } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { RecordedLog } from '../support/recorded-log.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';

const redis = useRedis();

const MISSPELT: object = { hots: 'redis.example', connectionName: 'refused' };

/** Settings of a factory that this library cannot use. */
const REFUSED: readonly (readonly [what: string, make: () => Redis])[] = [
  ['keyPrefix', () => new Redis(redis.url, { keyPrefix: 'theirs:', connectionName: 'refused' })],
  ['db', () => new Redis(`${redis.url}/x`, { connectionName: 'refused' })],
  ['hots', () => new Redis(redis.url, MISSPELT)],
];

it.each(REFUSED)(
  'a start with a factory whose %s is rejected fails with that error alone',
  async (what, connection) => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue)
      run(data: unknown) {
        return data;
      }
    }
    const log = new RecordedLog();
    const imports = [ReqRepModule.forRoot({ connection })];
    const app = await Test.createTestingModule({ imports, providers: [Worker] })
      .setLogger(log)
      .compile();
    // Nest 11 cannot close an application that has not started.
    onTestFinished(() => app.close().catch(() => undefined));
    await expect(app.init()).rejects.toThrow(`Expected ${what} of the connection`);
    expect(log.lines).toEqual([]);
    await waitFor(async () => !String(await redis.look.client('LIST')).includes('name=refused'));
  },
);

it.each(REFUSED)(
  'a request with a factory whose %s is rejected ends with that error',
  async (what, connection) => {
    const { app, client, log } = await startApp({ connection, workers: false });
    const errors = [
      await failureOf(client.send(randomQueue(), 1)),
      await failureOf(client.emit(randomQueue(), 1)),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(String(error)).toContain(`Expected ${what} of the connection`);
    }
    await app.close();
    expect(log.lines).toEqual([]);
  },
);
