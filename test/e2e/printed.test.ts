import { format, inspect } from 'node:util';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OnJob, ReplyWorkers, ReqRepModule, type JobContext } from '../../lib/index.js';
import { startApp, startModule } from '../support/app.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';

const redis = useRedis();
const SECRET = 'correct-horse-battery-staple';

/** All ways in which something is printed. */
const printed = (value: unknown): string =>
  [
    format('%s %o %O %j', value, value, value, value),
    inspect(value, { depth: null }),
    inspect(value, { depth: null, showHidden: true, customInspect: false }),
    JSON.stringify(value),
    inspect({ nested: { deeper: value } }),
  ].join('\n');

function recording(queue: string) {
  const jobs: JobContext[] = [];
  @Injectable()
  class Worker {
    @OnJob(queue)
    run(_: unknown, job: JobContext) {
      job.signal.addEventListener('abort', () => undefined);
      jobs.push(job);
    }
  }
  return { Worker, jobs };
}

describe('the workers', () => {
  it('show what they do, and never the password', async () => {
    await redis.look.call('ACL', 'SETUSER', 'someone', 'on', `>${SECRET}`, '~*', '&*', '+@all');
    const queue = randomQueue();
    const { Worker } = recording(queue);
    const connection = `redis://someone:${SECRET}@127.0.0.1:${redis.port}`;
    const { app, client } = await startApp({ connection }, [Worker]);
    await firstValueFrom(client.send(queue));
    const workers = app.get(ReplyWorkers);
    expect(printed(workers)).not.toContain(SECRET);
    expect(JSON.parse(JSON.stringify(workers))).toEqual(workers.status);
    const shown = inspect(workers);
    expect(shown).toMatch(/^ReplyWorkers \{/);
    expect(shown).toContain(`state: 'running'`);
    expect(shown).toContain(queue);
    expect(shown).not.toContain('connections');
  });
});

describe('the context of a job', () => {
  it('shows what may be logged of it, and nothing of how it is run', async () => {
    const queue = randomQueue();
    const { Worker, jobs } = recording(queue);
    const { client } = await startApp({ connection: redis.url }, [Worker]);
    await firstValueFrom(client.send(queue, SECRET, { headers: { tenant: 'ann' } }));
    const shown = inspect(jobs[0]);
    expect(shown).toMatch(/^JobContext \{/);
    for (const word of ['id:', `queue: '${queue}'`, `tenant: 'ann'`, 'attempt: 1', 'deadline:']) {
      expect(shown).toContain(word);
    }
    for (const word of [SECRET, 'controller', 'hasEnded', 'isAborted', 'isStreaming', 'room']) {
      expect(shown).not.toContain(word);
    }
  });
});

describe('an error of dependency injection', () => {
  it('does not show the password', async () => {
    @Injectable()
    class Caller {
      constructor(readonly missing: URL) {}
    }
    const connection = `redis://someone:${SECRET}@127.0.0.1:${redis.port}`;
    for (const ours of [
      ReqRepModule.forRoot({ connection }),
      ReqRepModule.forRootAsync({ inject: ['missing'], useFactory: () => ({ connection }) }),
    ]) {
      const error = await startModule({ imports: [ours], providers: [Caller] }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(Error);
      expect(String(error)).toContain("can't resolve dependencies");
      expect(inspect(error, { depth: 10 })).not.toContain(SECRET);
    }
  });
});
