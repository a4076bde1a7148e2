import { randomUUID } from 'node:crypto';
import { Controller, Get, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  InvalidOptionError,
  OnJob,
  ReplyWorkers,
  ReqRepModule,
  RequestClient,
  type ReqRepModuleExtras,
  type ReqRepModuleOptions,
} from '../../lib/index.js';
import { ReqRepHealthIndicator, type ReqRepHealthOptions } from '../../lib/terminus/index.js';
import { startModule } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { RestartableRedis } from '../support/restartable-redis.js';
import { describeOnRedis, useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

/** How long a check may take beyond its `timeout` on a machine that others use, too, ms. */
const GRACE_MS = 1_000;

/** A lease that is renewed in time on a machine that others use, too, but soon found to be too old, ms. */
const LEASE_MS = 2_000;

type Options = ReqRepModuleOptions & ReqRepModuleExtras;

interface Outcome {
  readonly status: string;
  readonly server: string;
  readonly roundTrip: number;
  readonly workers: string;
  readonly queues: Readonly<Record<string, object>>;
  readonly reasons: readonly string[];
}

/** @returns a class that serves a queue. */
function serving(queue: string, instance?: string): Type {
  class Reports {
    @OnJob(queue, instance === undefined ? {} : { instance })
    render(): string {
      return 'report';
    }
  }
  Injectable()(Reports);
  return Reports;
}

/** Starts an application with instances and an indicator. */
async function start(instances: readonly Options[], providers: readonly Type[] = []) {
  const { app } = await startModule({
    imports: [TerminusModule, ...instances.map((options) => ReqRepModule.forRoot(options))],
    providers: [ReqRepHealthIndicator, ...providers],
  });
  const indicator = app.get(ReqRepHealthIndicator);
  const check = async (options?: ReqRepHealthOptions): Promise<Outcome> =>
    (await indicator.isHealthy('redis', options))['redis'] as unknown as Outcome;
  return { app, indicator, check };
}

/** Checks until the status is the expected one. */
async function becomes(status: string, check: () => Promise<Outcome>): Promise<Outcome> {
  let outcome = await check();
  await waitFor(async () => {
    outcome = await check();
    return outcome.status === status;
  }, 20_000);
  return outcome;
}

it('is up where Redis answers and the workers run, and shows each queue', async () => {
  const queue = randomQueue();
  const { check } = await start([{ connection: server.url }], [serving(queue)]);
  const outcome = await check({ timeout: 5_000 });
  expect(outcome).toEqual({
    status: 'up',
    server: server.name,
    roundTrip: expect.any(Number),
    workers: 'running',
    queues: {
      [queue]: {
        length: 0,
        age: 0,
        workers: 1,
        busy: 0,
        isPaused: false,
        leaseAge: expect.any(Number),
      },
    },
  });
});

it('connects a process that only sends, which needs no workers unless it is asked for them', async () => {
  const options = { connection: server.url, workers: false };
  const queue = randomQueue();
  const { check } = await start([options], [serving(queue)]);
  expect(await check({ timeout: 5_000 })).toMatchObject({ status: 'up', workers: 'stopped' });
  expect(await check({ timeout: 5_000, workers: true })).toMatchObject({
    status: 'down',
    reasons: ['The workers are stopped'],
  });
  const { check: checkEmpty } = await start([{ connection: server.url }]);
  expect(await checkEmpty({ timeout: 5_000 })).toMatchObject({ status: 'up', queues: {} });
  expect(await checkEmpty({ timeout: 5_000, workers: true })).toMatchObject({
    status: 'down',
    reasons: ['This process has no handler for a queue'],
  });
});

it('is down while the workers are stopped, and up while a queue is paused', async () => {
  const queue = randomQueue();
  const options = { connection: server.url, lease: LEASE_MS };
  const { app, check } = await start([options], [serving(queue)]);
  const workers = app.get(ReplyWorkers);
  await workers.pause(queue);
  // Longer than a lease: a paused worker renews it, too.
  const end = performance.now() + 1.5 * LEASE_MS;
  await waitFor(async () => {
    const outcome = await check({ timeout: 5_000 });
    expect(outcome).toMatchObject({ status: 'up', queues: { [queue]: { isPaused: true } } });
    return performance.now() > end;
  });
  await workers.stop();
  const stopped = await check({ timeout: 5_000 });
  expect(stopped).toMatchObject({ status: 'down', reasons: ['The workers are stopped'] });
  expect(await check({ timeout: 5_000, workers: false })).toMatchObject({ status: 'up' });
});

it('does not ask for workers that the application has not started by hand', async () => {
  const options = { connection: server.url, workers: 'manual' as const };
  const { app, check } = await start([options], [serving(randomQueue())]);
  expect(await check({ timeout: 5_000 })).toMatchObject({ status: 'up', workers: 'stopped' });
  await app.get(ReplyWorkers).start();
  expect(await check({ timeout: 5_000 })).toMatchObject({ status: 'up', workers: 'running' });
});

it('is down while a queue is over one of its limits', async () => {
  const queue = randomQueue();
  const { app, check } = await start([{ connection: server.url }]);
  const client = app.get(RequestClient);
  const limits = (limit: object): ReqRepHealthOptions => ({
    timeout: 5_000,
    queues: { [queue]: limit },
  });
  expect(await check(limits({ maxLength: 0, maxAge: 0, minWorkers: 0 }))).toMatchObject({
    status: 'up',
    queues: { [queue]: { length: 0, age: 0, workers: 0 } },
  });
  expect(await check(limits({ minWorkers: 1 }))).toMatchObject({
    status: 'down',
    reasons: [`Queue "${queue}" has 0 live workers, fewer than 1`],
  });
  client.emit(queue).subscribe();
  client.emit(queue).subscribe();
  const long = await becomes('down', () => check(limits({ maxLength: 1 })));
  expect(long.reasons).toEqual([`Queue "${queue}" has 2 waiting jobs, more than 1`]);
  const old = await becomes('down', () => check(limits({ maxAge: 20 })));
  expect(old.reasons).toEqual([expect.stringMatching(/has waited \d+ ms, longer than 20 ms$/)]);
  expect(await check(limits({ maxLength: 2, maxAge: 60_000 }))).toMatchObject({ status: 'up' });
});

it('checks the instance that is asked for', async () => {
  const [queue, other] = [randomQueue(), randomQueue()];
  const billing = { name: 'billing', connection: `memory://${randomUUID()}` };
  const { check } = await start(
    [{ connection: server.url }, billing],
    [serving(queue), serving(other, 'billing')],
  );
  const first = await check({ timeout: 5_000 });
  const second = await check({ timeout: 5_000, instance: 'billing' });
  expect([first.server, Object.keys(first.queues)]).toEqual([server.name, [queue]]);
  expect([second.server, Object.keys(second.queues)]).toEqual([billing.connection, [other]]);
  expect([first.status, second.status]).toEqual(['up', 'up']);
});

it.each<[string, unknown, unknown, string, string]>([
  ['a wrong key', '', {}, 'the key in a call to `isHealthy`', '"" (string)'],
  ['no time', 'redis', { timeout: 0 }, 'timeout in a call to `isHealthy`', '`0` (number)'],
  ['no instance', 'redis', { instance: 'x' }, 'instance in a call to `isHealthy`', '"x" (string)'],
  [
    'an unknown option',
    'redis',
    { queue: {} },
    'queue in a call to `isHealthy`',
    'an unknown name',
  ],
  ['a list', 'redis', { queues: ['a'] }, 'queues in a call to `isHealthy`', 'an array'],
  ['no limits', 'redis', { queues: { a: 1 } }, 'queues["a"] in a call to `isHealthy`', 'a number'],
  [
    'a wrong limit',
    'redis',
    { queues: { a: { maxAge: '1s' } } },
    'maxAge in queues["a"] in a call to `isHealthy`',
    '"1s" (string)',
  ],
  [
    'an unknown limit',
    'redis',
    { queues: { a: { maxage: 1 } } },
    'maxage in queues["a"] in a call to `isHealthy`',
    'an unknown name',
  ],
])('refuses %s', async (_, key, options, option, received) => {
  const { indicator } = await start([{ connection: server.url }]);
  const checked = indicator.isHealthy(key as string, options as ReqRepHealthOptions);
  const error = await checked.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(error).toMatchObject({ option, received });
});

describeOnRedis('on Redis', () => {
  async function startRedis(settings = {}): Promise<RestartableRedis> {
    const redis = await RestartableRedis.start(settings);
    onTestFinished(() => redis.stop());
    return redis;
  }

  /** Checks once. @returns the result, which came in time. */
  async function inTime(
    check: (options: ReqRepHealthOptions) => Promise<Outcome>,
    timeout: number,
  ): Promise<Outcome> {
    const begin = performance.now();
    const outcome = await check({ timeout });
    expect(performance.now() - begin).toBeLessThan(timeout + GRACE_MS);
    return outcome;
  }

  it.each<[string, (redis: RestartableRedis) => unknown, (redis: RestartableRedis) => unknown]>([
    ['is killed', (redis) => redis.kill(), (redis) => redis.restart()],
    ['stands still', (redis) => redis.freeze(), (redis) => redis.thaw()],
  ])('is down in time while Redis %s, and up again after that', async (_, stop, goOn) => {
    const redis = await startRedis();
    const { check } = await start([{ connection: redis.url }], [serving(randomQueue())]);
    expect(await check({ timeout: 5_000 })).toMatchObject({ status: 'up' });
    await stop(redis);
    for (const timeout of [300, 300, 300]) {
      const outcome = await inTime(check, timeout);
      expect(outcome).toMatchObject({ status: 'down', server: `${redis.url}/0` });
      expect(outcome.reasons[0]).toContain(`${redis.port}`);
    }
    await goOn(redis);
    await becomes('up', () => check({ timeout: 1_000 }));
  });

  it('is never slower than its timeout: its first check, many at a time, a look at queues', async () => {
    const redis = await startRedis();
    redis.freeze();
    const { check } = await start([{ connection: redis.url, workers: false }]);
    const queues = { reports: { minWorkers: 1 }, invoices: { maxLength: 5 } };
    const late = await Promise.all(
      Array.from({ length: 50 }, () => inTime((options) => check({ ...options, queues }), 300)),
    );
    expect(new Set(late.map(({ status }) => status))).toEqual(new Set(['down']));
    redis.thaw();
    await becomes('up', () => check({ timeout: 1_000 }));
    // A look at a queue ends by itself after 500 ms; the quickest of several checks was not held up by the machine.
    const durations: number[] = [];
    for (const timeout of [250, 250, 250]) {
      // Redis answers what reads, but no script.
      await redis.look((look) => look.call('CLIENT', 'PAUSE', '60000', 'WRITE'));
      const begin = performance.now();
      const halfway = await check({ timeout, queues });
      durations.push(performance.now() - begin);
      expect(halfway).toMatchObject({ status: 'down', roundTrip: expect.any(Number) });
      expect(halfway.reasons).toEqual([
        'Queue "reports" could not be looked at in time',
        'Queue "invoices" could not be looked at in time',
      ]);
      await redis.look((look) => look.call('CLIENT', 'UNPAUSE'));
      const invoices = { maxLength: 5 };
      await becomes('up', () => check({ timeout: 1_000, queues: { invoices } }));
    }
    expect(Math.min(...durations)).toBeLessThan(450);
  });

  it('is down while the lease of a worker cannot be renewed', async () => {
    const redis = await startRedis();
    const [queue, other] = [randomQueue(), randomQueue()];
    const { check } = await start(
      [{ connection: redis.url, lease: LEASE_MS }],
      [serving(queue), serving(other)],
    );
    expect(await check({ timeout: 5_000 })).toMatchObject({ status: 'up' });
    await redis.look(async (look) => {
      await look.del(`${queue}workers`);
      await look.set(`${queue}workers`, 'of another type');
    });
    const down = await becomes('down', () => check({ timeout: 5_000 }));
    expect(down.reasons).toHaveLength(1);
    expect(down.reasons[0]).toContain(`The worker of queue "${queue}"`);
    await redis.look((look) => look.del(`${queue}workers`));
    await becomes('up', () => check({ timeout: 5_000 }));
  });

  it('is down where a lease is older than it may be, though nothing was refused', async () => {
    const queue = randomQueue();
    const redis = await startRedis();
    const { check } = await start([{ connection: redis.url, lease: 60_000 }], [serving(queue)]);
    const down = await becomes('down', () => check({ timeout: 5_000, maxLeaseAge: 50 }));
    expect(down.reasons).toEqual([
      expect.stringMatching(/^The worker of queue ".+" renewed its lease \d+ ms ago, .+ 50 ms$/),
    ]);
  });

  it('says which right is missing to look at a queue, and shows no password', async () => {
    const redis = await startRedis();
    await redis.look((look) =>
      look.call(
        'ACL',
        'SETUSER',
        'sender',
        'on',
        '>SECRET',
        '~*',
        '&*',
        '+@all',
        '-eval',
        '-evalsha',
      ),
    );
    const connection = redis.url.replace('//', '//sender:SECRET@');
    const { check } = await start([{ connection }]);
    expect(await check({ timeout: 5_000 })).toMatchObject({ status: 'up' });
    const outcome = await check({ timeout: 5_000, queues: { reports: { minWorkers: 1 } } });
    expect(outcome).toMatchObject({ status: 'down' });
    expect(outcome.reasons).toEqual([
      expect.stringMatching(/^Queue "reports" could not be looked at: .+ACL SETUSER sender \+eval/),
    ]);
    expect(JSON.stringify(outcome)).not.toContain('SECRET');
  });

  it('is down at once with a wrong password', async () => {
    const redis = await startRedis({ requirepass: 'SECRET' });
    const connection = redis.url.replace('//', '//:WRONG@');
    const { check } = await start([{ connection }]);
    const outcome = await inTime(check, 5_000);
    expect(outcome).toMatchObject({ status: 'down', server: `${redis.url}/0` });
    expect(JSON.stringify(outcome)).not.toMatch(/SECRET|WRONG@/);
  });

  it('answers HTTP probes with 200 and 503', async () => {
    const redis = await startRedis();

    @Controller('health')
    class HealthController {
      constructor(
        private readonly health: HealthCheckService,
        private readonly reqRep: ReqRepHealthIndicator,
      ) {}

      @Get('live')
      live(): object {
        return { status: 'ok' };
      }

      @Get()
      ready(): Promise<unknown> {
        return this.health.check([() => this.reqRep.isHealthy('redis', { timeout: 500 })]);
      }
    }

    @Module({
      imports: [TerminusModule, ReqRepModule.forRoot({ connection: redis.url })],
      controllers: [HealthController],
      providers: [ReqRepHealthIndicator, serving(randomQueue())],
    })
    class AppModule {}

    const app = await NestFactory.create(AppModule, { logger: false });
    onTestFinished(() => app.close());
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`${url}/${path}`);
      return [response.status, await response.text()];
    };
    await waitFor(async () => (await get('health'))[0] === 200);
    redis.freeze();
    const [status, body] = await get('health');
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({
      status: 'error',
      error: { redis: { status: 'down' } },
    });
    expect(await get('health/live')).toEqual([200, '{"status":"ok"}']);
    redis.thaw();
    await waitFor(async () => (await get('health'))[0] === 200);
  });
});

describe('an application that is closed', () => {
  it('is down', async () => {
    const { app, check } = await start([{ connection: server.url }]);
    await app.close();
    expect(await check({ timeout: 500 })).toMatchObject({ status: 'down' });
  });
});
