import { Test, TestingModule } from '@nestjs/testing';
import { RequestTimeoutError } from 'nestjs-reqrep';
import { jobContext, MemoryQueues, useMemoryQueues } from 'nestjs-reqrep/testing';
import { MailsModule } from './mails.module.js';
import { MailsService } from './mails.service.js';
import { MailsWorker } from './mails.worker.js';

describe('mails', () => {
  let module: TestingModule;
  let queues: MemoryQueues;
  let mails: MailsService;

  beforeEach(async () => {
    module = await useMemoryQueues(Test.createTestingModule({ imports: [MailsModule] })).compile();
    await module.init();
    queues = module.get(MemoryQueues);
    mails = module.get(MailsService);
  });

  afterEach(() => module.close());

  it('are sent by a worker', async () => {
    expect(await mails.send({ to: 'ann' })).toEqual({ to: 'ann', attempt: 1 });
    expect(queues.jobs('mails')).toMatchObject([
      { data: { to: 'ann' }, end: 'replied', reply: { to: 'ann', attempt: 1 } },
    ]);
  });

  it('are sent to all', async () => {
    mails.sendToAll(['ann', 'bob']);
    await queues.settled();
    expect(module.get(MailsWorker).sent).toEqual(['ann', 'bob']);
  });

  it('go on in another worker when one is lost', async () => {
    const answer = mails.send({ to: 'ann', after: 20 });
    await queues.running('mails');
    queues.loseWorker('mails');
    expect(await answer).toEqual({ to: 'ann', attempt: 2 });
  });

  it('wait while Redis refuses them', async () => {
    const allow = queues.refuse('push', "OOM command not allowed when used memory > 'maxmemory'.");
    const answer = mails.send({ to: 'ann' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(queues.jobs('mails')).toEqual([]);
    allow();
    expect(await answer).toMatchObject({ to: 'ann' });
  });

  it('wait while Redis is away', async () => {
    queues.disconnect();
    const answer = mails.send({ to: 'ann' });
    queues.reconnect();
    expect(await answer).toMatchObject({ to: 'ann' });
  });

  it('are delivered by the handler itself', async () => {
    const worker = new MailsWorker();
    const job = jobContext({ attempt: 3 });
    expect(await worker.deliver({ to: 'ann' }, job)).toEqual({ to: 'ann', attempt: 3 });
  });
});

describe('mails under fake timers', () => {
  let module: TestingModule;
  let queues: MemoryQueues;
  let mails: MailsService;

  beforeEach(async () => {
    vi.useFakeTimers();
    module = await useMemoryQueues(Test.createTestingModule({ imports: [MailsModule] })).compile();
    await module.init();
    queues = module.get(MemoryQueues);
    mails = module.get(MailsService);
  });

  afterEach(async () => {
    await module.close();
    vi.useRealTimers();
  });

  it('are sent while no time passes', async () => {
    expect(await mails.send({ to: 'ann' })).toMatchObject({ to: 'ann' });
  });

  it('are given up after half a minute', async () => {
    await queues.hold('mails');
    const failure = mails.send({ to: 'ann' }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await failure).toBeInstanceOf(RequestTimeoutError);
  });

  it('are held back', async () => {
    const answer = mails.send({ to: 'ann', after: 20_000 });
    await queues.running('mails');
    expect(module.get(MailsWorker).sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await answer).toMatchObject({ to: 'ann' });
  });

  it('are sent over a slow network', async () => {
    queues.delay(1_000);
    const answer = mails.send({ to: 'ann' });
    let isAnswered = false;
    void answer.then(() => (isAnswered = true));
    await vi.advanceTimersByTimeAsync(999);
    expect([queues.jobs('mails').length, isAnswered]).toEqual([0, false]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await answer).toMatchObject({ to: 'ann' });
  });
});
