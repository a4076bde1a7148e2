import { request } from 'node:http';
import type { CanActivate } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { firstValueFrom } from 'rxjs';
import { ReqRepDashboardModule } from '../../lib/dashboard/index.js';
import type { QueueLook, QueuesLook, WorkersLook } from '../../lib/dashboard/dashboard-api.js';
import { QueueAdmin, ReqRepModule } from '../../lib/index.js';
import { FRAMEWORKS, listen } from '../support/dashboard-app.js';
import { EventStream } from '../support/event-stream.js';
import { ask } from '../support/http-answer.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { RestartableRedis } from '../support/restartable-redis.js';
import { describeOnRedis, useServer } from '../support/server.js';

const server = useServer();

describe.each(FRAMEWORKS)('the events of the dashboard on %s', (_, makeAdapter) => {
  async function start(connection = server.url): Promise<string> {
    const imports = [ReqRepModule.forRoot({ connection }), ReqRepDashboardModule.forRoot()];
    const { url } = await listen(makeAdapter, { imports });
    return `${url}/queues/api/events`;
  }

  it('tell of all queues again and again', async () => {
    const queue = randomQueue();
    const { client, workers } = openReqRep({ connection: server.url });
    await workers.serve(queue, () => 1);
    const stream = await EventStream.open(await start());
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    const isShown =
      (waiting: number) =>
      (data: object): boolean =>
        (data as QueuesLook).queues.some(
          (each) => each.queue === queue && each.waiting === waiting,
        );
    const first = (await stream.next('queues', isShown(0))) as unknown as QueuesLook;
    expect(first.at).toBeGreaterThan(1_700_000_000_000);
    await workers.pause(queue);
    await firstValueFrom(client.emit(queue, 1));
    await stream.next('queues', isShown(1));
    expect(stream.events.map(({ event }) => event)).not.toContain('queue');
  });

  it('tell of one queue: its jobs and workers', async () => {
    const queue = `${randomQueue()}\n&`;
    const { client, workers } = openReqRep({ connection: server.url });
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    onTestFinished(() => end());
    await workers.serve(queue, () => ended, { concurrency: 1 });
    for (const data of ['runs', 'taken', 'waits', 'waits', 'waits']) {
      await firstValueFrom(client.emit(queue, data));
    }
    const query = new URLSearchParams({ queue }).toString();
    const stream = await EventStream.open(`${await start()}?${query}`);
    const look = (await stream.next(
      'queue',
      (data) => (data as unknown as QueueLook).running.jobs.length === 1,
    )) as unknown as QueueLook;
    expect(look).toMatchObject({
      at: expect.any(Number),
      queue: { queue, workers: 1 },
      workers: [{ queue, pid: process.pid }],
      running: { jobs: [{ queue, attempt: 1 }], silent: [] },
    });
    expect(look.waiting.at(-1)).toMatchObject({ data: { text: '"waits"' }, queue });
    await stream.next('queues');
  });

  it('tell of all workers', async () => {
    const queue = randomQueue();
    await openReqRep({ connection: server.url }).workers.serve(queue, () => 1);
    const stream = await EventStream.open(`${await start()}?workers`);
    const look = (await stream.next('workers')) as unknown as WorkersLook;
    expect(look.workers).toContainEqual(expect.objectContaining({ queue, pid: process.pid }));
  });

  it('end where the page leaves while a guard thinks', async () => {
    let asked = (): void => undefined;
    let decide: (mayPass: boolean) => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const decision = new Promise<boolean>((resolve) => (decide = resolve));
    const guard: CanActivate = {
      canActivate: () => {
        asked();
        return decision;
      },
    };
    const { app, url } = await listen(makeAdapter, {
      imports: [
        ReqRepModule.forRoot({ connection: server.url }),
        ReqRepDashboardModule.forRoot({ guards: [guard] }),
      ],
    });
    const looks = vi.spyOn(app.get(QueueAdmin), 'queues');
    const page = request(`${url}/queues/api/events`)
      .once('error', () => undefined)
      .end();
    await isAsked;
    const closed = new Promise((resolve) => page.once('close', resolve));
    page.destroy();
    await closed;
    // The server hears of it a little later.
    await ask(url);
    decide(true);
    await ask(`${url}/queues/api/settings`); // passes the guard behind it
    expect(looks).not.toHaveBeenCalled();
  });

  it('begin at once for HEAD, and end', async () => {
    expect(await ask(await start(), { method: 'HEAD' })).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
      text: '',
    });
  });

  describeOnRedis('where Redis fails', () => {
    it('tell of the trouble, and go on after it', { timeout: 60_000 }, async () => {
      const redis = await RestartableRedis.start({ requirepass: 'secret-word' });
      onTestFinished(() => redis.stop());
      const url = await start(redis.url.replace('//', '//:secret-word@'));
      const stream = await EventStream.open(url);
      await stream.next('queues');
      await redis.kill();
      const trouble = await stream.next('trouble');
      expect(trouble).toEqual({
        message: expect.stringContaining('Redis'),
        code: 'CONNECTION_FAILED',
        look: 'queues',
      });
      const answer = await ask(url.replace('events', 'jobs?queue=a'));
      expect(answer.status).toBe(503);
      expect(answer.json()).toMatchObject({ code: 'CONNECTION_FAILED' });
      expect(answer.text + JSON.stringify(stream.events)).not.toMatch(/secret-word|\bat .*:\d/);
      await redis.restart();
      await stream.next('queues');
      expect(stream.isEnded).toBe(false);
    });
  });
});
