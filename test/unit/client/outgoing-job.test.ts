import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { ApplicationCode } from '../../../lib/client/calls/application-code.js';
import type { EmitOptions } from '../../../lib/client/calls/call-options.js';
import { OutgoingJob, type JobSender } from '../../../lib/client/sending/outgoing-job.js';
import type { PushReceipt } from '../../../lib/client/calls/push-receipt.js';
import { PayloadTooLargeError, SerializationError } from '../../../lib/errors/index.js';
import { decodeJob } from '../../../lib/protocol/wire/job-element.js';
import { KeptLog } from '../support/kept-log.js';
import { thrownBy } from '../support/thrown-by.js';

const NOW = 1_753_000_000_000;

class KeptSender extends AsyncResource implements JobSender {
  readonly id = 'job-1';
  readonly queue = 'reports';
  readonly receipts: PushReceipt[] = [];

  /** @param left - ms until it times out. */
  constructor(public left: number | undefined = undefined) {
    super('KeptSender');
  }

  timeLeft(): number | undefined {
    return this.left;
  }

  isWaiting(): boolean {
    return true;
  }

  pushed(receipt: PushReceipt): void {
    this.receipts.push(receipt);
  }

  pushUnconfirmed(): void {}

  fail(): void {}
}

interface Parts {
  readonly data?: unknown;
  readonly options?: EmitOptions;
  readonly replyTo?: string;
  readonly maxPayload?: number;
  readonly sender?: KeptSender;
  readonly log?: KeptLog;
}

const newJob = ({
  data,
  options = {},
  replyTo,
  maxPayload = 1_048_576,
  sender = new KeptSender(),
  log = new KeptLog(),
}: Parts): OutgoingJob =>
  new OutgoingJob(sender, data, options, replyTo, maxPayload, new ApplicationCode(log));

describe('the element of a job', () => {
  it('holds the data, the client to reply to and the time of the push', () => {
    const options = { headers: { trace: 'abc' }, maxDeliveries: 2 };
    const job = newJob({ data: { a: 1 }, options, replyTo: 'client-1' });
    expect(decodeJob(job.element(NOW))).toMatchObject({
      version: 2,
      id: 'job-1',
      data: { a: 1 },
      replyTo: 'client-1',
      headers: { trace: 'abc' },
      maxDeliveries: 2,
      pushedAt: NOW,
      deadline: undefined,
    });
  });

  it.each([2, 1] as const)('carries `undefined` as null: protocol %i', (protocol) => {
    const job = newJob({ data: undefined, options: { protocol } });
    expect(decodeJob(job.element(NOW))).toMatchObject({ version: protocol, data: null });
  });

  it('for original workers has no meta', () => {
    const sender = new KeptSender(5_000);
    const job = newJob({ data: 'data', options: { protocol: 1 }, replyTo: 'client-1', sender });
    expect(job.element(NOW)).toBe('["job-1","data"]');
  });

  it('holds a deadline computed from the time left when it is pushed', () => {
    const sender = new KeptSender(5_000);
    const job = newJob({ sender });
    sender.left = 3_000.5;
    expect(decodeJob(job.element(NOW))).toMatchObject({ pushedAt: NOW, deadline: NOW + 3_000 });
    sender.left = -1_000;
    expect(decodeJob(job.element(NOW))).toMatchObject({ pushedAt: NOW, deadline: NOW });
  });
});

describe('a job that cannot be sent', () => {
  it('is one whose data JSON cannot encode', () => {
    const error = thrownBy(() => newJob({ data: 1n }));
    expect(error).toBeInstanceOf(SerializationError);
    expect(error).toMatchObject({ queue: 'reports', direction: 'request' });
  });

  it.each([2, 1] as const)('is one larger than is allowed: protocol %i', (protocol) => {
    const sender = new KeptSender(5_000);
    const parts = { options: { protocol }, replyTo: 'client-1', sender };
    const overhead = Buffer.byteLength(newJob({ ...parts, data: '' }).element(NOW));
    const longest = 2_000 - overhead;
    const job = newJob({ ...parts, data: 'x'.repeat(longest), maxPayload: 2_000 });
    expect(Buffer.byteLength(job.element(NOW))).toBe(2_000);

    const error = thrownBy(() =>
      newJob({ ...parts, data: 'x'.repeat(longest + 1), maxPayload: 2_000 }),
    );
    expect(error).toBeInstanceOf(PayloadTooLargeError);
    expect(error).toMatchObject({ queue: 'reports', direction: 'request' });
  });

  it.each([2, 1] as const)(
    'is refused with its whole size and the limit that was set: protocol %i',
    (protocol) => {
      const sender = new KeptSender(5_000);
      const parts = { options: { protocol }, replyTo: 'client-1', sender, data: 'x'.repeat(3_000) };
      const error = thrownBy(() => newJob({ ...parts, maxPayload: 2_000 }));
      expect(error).toMatchObject({
        size: Buffer.byteLength(newJob(parts).element(NOW)),
        maxPayload: 2_000,
      });
    },
  );
});

describe('the conditions of a push', () => {
  it('are absent unless they are set', () => {
    expect(newJob({}).guard).toBeUndefined();
    expect(newJob({ options: { requireWorker: false } }).guard).toBeUndefined();
  });

  it.each([
    [{ requireWorker: true }, { requireWorker: true, maxQueueLength: undefined }],
    [{ maxQueueLength: 5 }, { requireWorker: false, maxQueueLength: 5 }],
  ])('are those of the call: %j', (options, guard) => {
    expect(newJob({ options }).guard).toEqual(guard);
  });

  it('forbid a second push if the job may run only once', () => {
    expect(newJob({ options: { maxDeliveries: 1 } }).mustNotRepeat).toBe(true);
    expect(newJob({ options: { maxDeliveries: 2 } }).mustNotRepeat).toBe(false);
    expect(newJob({}).mustNotRepeat).toBe(false);
  });
});

describe('a job that was pushed', () => {
  const receipt = { id: 'job-1', queue: 'reports', queueLength: 7 };

  it('delivers its receipt to onPushed and to the sender', () => {
    const sender = new KeptSender();
    const heard: PushReceipt[] = [];
    newJob({ sender, options: { onPushed: (each) => heard.push(each) } }).pushed(7);
    expect(heard).toEqual([receipt]);
    expect(sender.receipts).toEqual([receipt]);
  });

  it('stays pushed if onPushed throws, which is logged', () => {
    const sender = new KeptSender();
    const log = new KeptLog();
    const onPushed = (): void => {
      throw new Error('oops');
    };
    newJob({ sender, log, options: { onPushed } }).pushed(7);
    expect(sender.receipts).toEqual([receipt]);
    expect(log.errors).toEqual([expect.stringContaining('oops')]);
  });
});
