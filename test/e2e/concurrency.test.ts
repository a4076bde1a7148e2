import { setTimeout as delay } from 'node:timers/promises';
import {
  CanActivate,
  Injectable,
  NestInterceptor,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
} from '@nestjs/common';
import {
  firstValueFrom,
  lastValueFrom,
  NEVER,
  Observable,
  take,
  toArray,
  type Subscription,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob, ReplyWorkers } from '../../lib/index.js';
import { startApp } from '../support/app.js';
import { failureOf } from '../support/failure-of.js';
import { randomQueue } from '../support/random-queue.js';
import { useServer } from '../support/server.js';
import { waitFor } from '../support/wait-for.js';

const server = useServer();

@Injectable()
class Pass implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}

/** Counts how many run at a time. */
class Gauge {
  private now = 0;
  most = 0;

  enter(): void {
    this.most = Math.max(this.most, ++this.now);
  }

  leave(): void {
    this.now--;
  }
}

describe('the concurrency of a handler', () => {
  it.each<[string, ClassDecorator]>([
    ['that is called directly', () => undefined],
    ['behind an interceptor', UseInterceptors(Pass)],
  ])('%s limits methods that go on after their timeout', async (_, decorate) => {
    const queue = randomQueue();
    const gauge = new Gauge();
    @Injectable()
    @decorate
    class Worker {
      @OnJob(queue, { concurrency: 1, timeout: 30 })
      async run() {
        gauge.enter();
        await delay(150);
        gauge.leave();
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    await Promise.all([1, 2, 3, 4].map(() => failureOf(client.send(queue))));
    expect(gauge.most).toBe(1);
  });

  it('limits generators that clean up', async () => {
    const queue = randomQueue();
    const gauge = new Gauge();
    @Injectable()
    class Worker {
      @OnJob(queue, { concurrency: 1 })
      async *run() {
        gauge.enter();
        try {
          for (;;) {
            yield 1;
            await delay(2);
          }
        } finally {
          await delay(100);
          gauge.leave();
        }
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    for (let round = 0; round < 4; round++) {
      await lastValueFrom(client.send(queue).pipe(take(2)));
    }
    expect(gauge.most).toBe(1);
  });
});

describe('a slot is free again', () => {
  it('after a stream that was returned when its caller had cancelled', async () => {
    const queue = randomQueue();
    let begun = 0;
    @Injectable()
    class Worker {
      @OnJob(queue, { concurrency: 2 })
      async run(what: string) {
        begun++;
        await delay(60);
        return what === 'quick' ? 'quick' : NEVER;
      }
    }
    const { client, app } = await startApp({ connection: server.url }, [Worker]);
    for (let round = 1; round < 4; round++) {
      const subscription = client.send(queue).subscribe();
      await waitFor(() => begun === round);
      subscription.unsubscribe();
    }
    expect(await lastValueFrom(client.send(queue, 'quick'))).toBe('quick');
    await waitFor(() => app.get(ReplyWorkers).status.queues[0]?.busy === 0);
  });

  it('after a generator that was returned after its timeout', async () => {
    const queue = randomQueue();
    @Injectable()
    class Worker {
      @OnJob(queue, { concurrency: 1, timeout: 50 })
      async run(ms: number) {
        await delay(ms);
        return (async function* () {
          yield 1;
        })();
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    await failureOf(client.send(queue, 100));
    expect(await lastValueFrom(client.send(queue, 0).pipe(toArray()))).toEqual([1]);
  });

  it('after a caller that cancelled while a guard ran', async () => {
    const queue = randomQueue();
    let asked = 0;
    @Injectable()
    class Slow implements CanActivate {
      async canActivate() {
        asked++;
        await delay(60);
        return true;
      }
    }
    @Injectable()
    @UseGuards(Slow)
    @UseInterceptors(Pass)
    class Worker {
      @OnJob(queue, { concurrency: 1 })
      async run() {
        return 'ran';
      }
    }
    const { client } = await startApp({ connection: server.url }, [Worker]);
    for (let round = 1; round < 3; round++) {
      const subscription = client.send(queue).subscribe();
      await waitFor(() => asked === round);
      subscription.unsubscribe();
    }
    expect(await firstValueFrom(client.send(queue))).toBe('ran');
  });
});

describe('a job in a slot that another job still runs from', () => {
  /** Starts a worker with a job that is given up but goes on, and sends others until its slot is used again. */
  async function reuseSlot() {
    const queue = randomQueue();
    const running = new Set<string>();
    const aborted: string[] = [];
    let endHanging: () => void = () => undefined;
    @Injectable()
    class Worker {
      @OnJob(queue, { concurrency: 12 })
      async run(name: string, job: { signal: AbortSignal }) {
        running.add(name);
        await new Promise<void>((resolve) => {
          if (name === 'hanging') {
            endHanging = resolve;
          } else {
            job.signal.addEventListener('abort', () => {
              aborted.push(name);
              resolve();
            });
          }
        });
        running.delete(name);
      }
    }
    const { app } = await startApp({ connection: server.url, shutdownTimeout: 200 }, [Worker]);
    const { client } = await startApp({ connection: server.url, workers: false });
    const hanging = client.send(queue, 'hanging').subscribe();
    await waitFor(() => running.has('hanging'));
    const [slot = ''] = await server.look.keys(`${queue}active:*`);
    hanging.unsubscribe();
    await waitFor(async () => (await server.look.exists(slot)) === 0);
    // One after the other, so that each takes the next slot.
    const jobs: Subscription[] = [];
    for (let sent = 0; (await server.look.exists(slot)) === 0; sent++) {
      if (jobs.length === 10) {
        jobs.splice(0).forEach((job) => job.unsubscribe());
        await waitFor(() => running.size === 1);
      }
      const job = client.send(queue, String(sent), { timeout: 0 });
      jobs.push(job.subscribe({ error: () => undefined }));
      await waitFor(() => running.size === jobs.length + 1);
    }
    endHanging();
    await waitFor(() => running.size === jobs.length);
    return { queue, app, jobs, aborted, running };
  }

  it('can still be cancelled', async () => {
    const { queue, jobs, aborted, running } = await reuseSlot();
    const before = aborted.length;
    jobs.forEach((job) => job.unsubscribe());
    await waitFor(() => running.size === 0);
    expect(aborted.length - before).toBe(jobs.length);
    await waitFor(async () => (await server.look.keys(`${queue}active:*`)).length === 0);
  });

  it('is given back to its queue at a stop', async () => {
    const { queue, app, jobs } = await reuseSlot();
    await app.get(ReplyWorkers).stop();
    expect(await server.look.llen(`${queue}requests`)).toBe(jobs.length);
    expect(await server.look.keys(`${queue}active:*`)).toEqual([]);
  });
});
