import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { firstValueFrom, lastValueFrom, of, toArray, type Observable } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import {
  InjectRequestClient,
  OnJob,
  ReqRepModule,
  RequestClient,
  WorkerLostError,
  type JobContext,
} from '../../lib/index.js';
import { jobContext, MemoryQueues, useMemoryQueues } from '../../lib/testing/index.js';
import { failureOf } from '../support/failure-of.js';
import { RecordedLog } from '../support/recorded-log.js';
import { waitFor } from '../support/wait-for.js';

/** Address without a server: an application under test must not connect to it. */
const NO_REDIS = 'redis://127.0.0.1:1';

@Injectable()
class Reports {
  readonly attempts: number[] = [];
  private readonly doors: (() => void)[] = [];

  constructor(
    readonly client: RequestClient,
    @InjectRequestClient('billing') readonly billing: RequestClient,
  ) {}

  @OnJob('reports')
  render(data: { id: string }): string {
    return `report ${data.id}`;
  }

  @OnJob('reports', { instance: 'billing' })
  bill(): string {
    return 'a bill';
  }

  @OnJob('lines')
  lines(): Observable<string> {
    return of('one', 'two');
  }

  @OnJob('slow', { concurrency: 1, maxDeliveries: 2 })
  async slow(_data: unknown, job: JobContext): Promise<string> {
    this.attempts.push(job.attempt);
    await new Promise<void>((resolve) => this.doors.push(resolve));
    return `after ${job.attempt}`;
  }

  open(): void {
    this.doors.splice(0).forEach((open) => open());
  }
}

@Module({
  imports: [
    ReqRepModule.forRoot({ connection: NO_REDIS, failFast: true }),
    ReqRepModule.forRootAsync({ name: 'billing', useFactory: () => ({ connection: NO_REDIS }) }),
  ],
  providers: [Reports],
})
class AppModule {}

async function startTest() {
  const builder = Test.createTestingModule({ imports: [AppModule] }).setLogger(new RecordedLog());
  const module = await useMemoryQueues(builder).compile();
  await module.init();
  onTestFinished(() => module.close());
  const reports = module.get(Reports);
  return { reports, client: reports.client, queues: module.get(MemoryQueues) };
}

it('an application runs without Redis, and its instances are separate', async () => {
  const { reports, queues } = await startTest();
  expect(await firstValueFrom(reports.client.send('reports', { id: '7' }))).toBe('report 7');
  expect(await firstValueFrom(reports.billing.send('reports'))).toBe('a bill');
  expect(queues.jobs('reports')).toMatchObject([{ data: { id: '7' }, reply: 'report 7' }]);
  expect(queues.jobs('reports', { instance: 'billing' })).toMatchObject([{ reply: 'a bill' }]);
  expect(() => queues.jobs('reports', { instance: 'other' })).toThrow(/no instance "other"/);
});

it('reports which jobs were sent, wait, run and ended', async () => {
  const { client, reports, queues } = await startTest();
  await queues.hold('reports');
  const held = firstValueFrom(client.send('reports', { id: '1' }, { headers: { tenant: 'a' } }));
  await waitFor(() => queues.jobs('reports').length === 1);
  expect(queues.jobs('reports')).toMatchObject([
    { data: { id: '1' }, headers: { tenant: 'a' }, state: 'waiting', values: [] },
  ]);
  queues.release('reports');
  expect(await held).toBe('report 1');
  const slow = firstValueFrom(client.send('slow'));
  await waitFor(() => queues.jobs('slow')[0]?.state === 'running');
  reports.open();
  await slow;
  await queues.settled();
  expect(queues.jobs('slow')).toMatchObject([{ state: 'ended', reply: 'after 1' }]);
  await failureOf(client.send('reports', null));
  expect(queues.jobs('reports')[1]).toMatchObject({
    state: 'ended',
    error: { name: 'TypeError', message: expect.stringContaining('null') },
  });
  expect(await lastValueFrom(client.send('lines').pipe(toArray()))).toEqual(['one', 'two']);
  expect(queues.jobs('lines')).toMatchObject([{ state: 'ended', values: ['one', 'two'] }]);
});

it('waits for emitted jobs and for the jobs that they lead to', async () => {
  const { client, queues } = await startTest();
  client.emit('reports', { id: '1' });
  client.emit('reports', { id: '2' });
  await queues.settled();
  expect(queues.jobs('reports')).toMatchObject([
    { data: { id: '1' }, state: 'ended' },
    { data: { id: '2' }, state: 'ended' },
  ]);
});

it('a job whose worker is lost is delivered again, unless its deliveries are used up', async () => {
  const { client, reports, queues } = await startTest();
  const answer = firstValueFrom(client.send('slow'));
  await waitFor(() => reports.attempts.length === 1);
  expect(queues.loseWorker('slow')).toBe(1);
  reports.open();
  await waitFor(() => reports.attempts.length === 2);
  reports.open();
  expect(await answer).toBe('after 2');
  expect(reports.attempts).toEqual([1, 2]);

  const failure = failureOf(client.send('slow', null, { maxDeliveries: 1 }));
  await waitFor(() => reports.attempts.length === 3);
  queues.loseWorker('slow');
  reports.open();
  expect(await failure).toBeInstanceOf(WorkerLostError);
});

it.each(['push', 'take', 'reply', 'read', 'renew'] as const)(
  'an answer that is lost to %s loses no reply',
  async (operation) => {
    const { client, queues } = await startTest();
    queues.loseAnswer(operation);
    expect(await firstValueFrom(client.send('reports', { id: '1' }))).toBe('report 1');
    expect(await firstValueFrom(client.send('reports', { id: '2' }))).toBe('report 2');
  },
);

it('a refused job waits until it is accepted', async () => {
  const { client, queues } = await startTest();
  const allow = queues.refuse('push', 'OOM command not allowed');
  const answer = firstValueFrom(client.send('reports', { id: '1' }));
  expect(await failureOf(client.send('reports', { id: '2' }, { timeout: 200 }))).toMatchObject({
    code: 'REQUEST_TIMEOUT',
    refusal: expect.stringContaining('OOM'),
  });
  allow();
  expect(await answer).toBe('report 1');
  queues.refuse('push', 'NOPERM no permissions');
  expect(await failureOf(client.send('reports', { id: '3' }))).toMatchObject({
    code: 'PUSH_FAILED',
  });
});

it('a lost connection is reconnected, and requests sent meanwhile get replies', async () => {
  const { client, queues } = await startTest();
  queues.disconnect();
  await waitFor(() => client.pending === 0);
  const answer = firstValueFrom(client.send('reports', { id: '1' }));
  expect(await failureOf(client.send('reports', { id: '2' }, { timeout: 100 }))).toMatchObject({
    code: 'REQUEST_TIMEOUT',
  });
  queues.reconnect();
  expect(await answer).toBe('report 1');
});

it('operations take the configured time', async () => {
  const { client, queues } = await startTest();
  queues.delay(100);
  const started = performance.now();
  expect(await firstValueFrom(client.send('reports', { id: '1' }))).toBe('report 1');
  expect(performance.now() - started).toBeGreaterThan(150);
});

it('a handler can be called directly with the parts of a job that it reads', () => {
  const job = jobContext({ headers: { tenant: 'a' }, attempt: 3, deadline: Date.now() + 60_000 });
  expect(job).toMatchObject({ headers: { tenant: 'a' }, attempt: 3, id: 'job-1', queue: 'queue' });
  expect(job.timeLeft()).toBeGreaterThan(30_000);
  expect(jobContext().timeLeft()).toBe(Infinity);
  expect(jobContext({ deadline: 1 }).timeLeft()).toBe(0);
});
