import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { reviveHttpException } from '../../../lib/nest/pipeline/revive-http-exception.js';
import {
  decodeCancelMessage,
  encodeCancelMessage,
} from '../../../lib/protocol/wire/cancel-message.js';
import { toCallerError, type WireError } from '../../../lib/protocol/wire/wire-error.js';
import { ErrorRegistry } from '../../../lib/protocol/wire/error-registry.js';
import {
  asRedelivered,
  completeJob,
  decodeJob,
  encodeJob,
  encodeOriginalJob,
  STREAM_MARK,
  type Job,
} from '../../../lib/protocol/wire/job-element.js';
import {
  decodeFrame,
  encodeEnd,
  encodeError,
  encodeReply,
  encodeValue,
  type StreamPosition,
} from '../../../lib/protocol/wire/reply-frame.js';
import { retriedJob } from '../../../lib/protocol/wire/retried-job.js';
import { Fuzzer } from './support/fuzzer.js';

/** Number of mutated texts for each decoder; `FUZZ_ROUNDS` sets more. */
const ROUNDS = Number(process.env['FUZZ_ROUNDS'] ?? 1_500);

class Declined extends Error {
  constructor(readonly card: string) {
    super(`${card} was declined`);
  }
}

const registry = new ErrorRegistry([Declined]);
const revive = (form: WireError): Error | undefined =>
  registry.revive(form) ?? reviveHttpException(form);

const POSITION: StreamPosition = { attempt: 1, index: 3, run: 'run-1' };
const META = { replyTo: 'client-1', headers: { trace: 'a', tenant: 'b' }, maxDeliveries: 3 };
const DETAILS = {
  job: 'job-1',
  size: 5,
  maxPayload: 4,
  reason: 'a cycle',
  deliveries: 2,
  values: 1,
};

const JOBS = [
  encodeOriginalJob('job-1', '{"a":[1,null,"x"]}'),
  completeJob(encodeJob('job-1', '"data"', META), 1_753_000_000_000, 1_753_000_005_000),
  completeJob(encodeJob('job-1', 'null', { replyTo: 'client-1' }), 1_753_000_000_000),
  asRedelivered(asRedelivered(`[42,"data",{}]${STREAM_MARK}`)),
];

const FRAMES = [
  encodeReply('job-1', '{"a":[1,null,"x"]}'),
  encodeReply('job-1'),
  encodeValue('job-1', '"value"', POSITION),
  encodeEnd('job-1', POSITION),
  encodeError('job-1', { name: 'Declined', message: 'no', fields: { card: 'visa' } }, POSITION),
  encodeError('job-1', { name: 'NotFoundException', message: 'm', status: 404, details: { a: 1 } }),
  encodeError('job-1', {
    name: 'Error',
    message: 'm',
    cause: { error: { name: 'Declined', message: 'no', fields: { card: 'visa' } } },
    errors: [{ value: 7 }, { error: { name: 'Error', message: 'm', cause: { value: null } } }],
  }),
  ...['PAYLOAD_TOO_LARGE', 'SERIALIZATION', 'WORKER_LOST', 'E_OWN', 7].map((code) =>
    encodeError('job-1', { name: 'Error', message: 'm', code, details: DETAILS, stack: 'at' }),
  ),
];

const MESSAGES = [encodeCancelMessage(['job-1', 'job-2']), '[]'];

const isText = (value: unknown): boolean => typeof value === 'string';
const isAbsentOr = (isRight: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || isRight(value);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isPosition = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['attempt'] === 'number' &&
  typeof value['index'] === 'number' &&
  isText(value['run']);
const isCode = (value: unknown): boolean => isText(value) || typeof value === 'number';

/** Tells whether each property of a value has its declared type. */
const has = (value: object, rules: Record<string, (value: unknown) => boolean>): boolean =>
  Object.entries(rules).every(([name, isRight]) => isRight(Reflect.get(value, name)));

function isRightJob(job: ReturnType<typeof decodeJob>): boolean {
  if (job.version === 0) {
    return isText(job.reason) && job.reason.length < 1_000;
  }
  return has(job, {
    id: isCode,
    redeliveries: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
    replyTo: isAbsentOr(isText),
    pushedAt: isAbsentOr(Number.isSafeInteger),
    deadline: isAbsentOr(Number.isSafeInteger),
    maxDeliveries: isAbsentOr(Number.isSafeInteger),
    headers: isAbsentOr((value) => isRecord(value) && Object.values(value).every(isText)),
  });
}

function isRightFrame(frame: ReturnType<typeof decodeFrame>): boolean {
  if (!frame) {
    return true;
  }
  if (frame.kind !== 'e') {
    return isText(frame.id) && (frame.kind === 'r' || isPosition(frame.position));
  }
  const { error, position } = frame;
  return (
    isAbsentOr(isPosition)(position) &&
    has(error, {
      name: isText,
      message: isText,
      code: isAbsentOr(isCode),
      status: isAbsentOr((value) => typeof value === 'number'),
      fields: isAbsentOr(isRecord),
      stack: isAbsentOr(isText),
    }) &&
    isRightError(toCallerError(error, { queue: 'reports', id: 'job-1', received: 2 }, revive))
  );
}

/** Tells whether a caller can read an error and write it to its log. */
const isRightError = (error: Error): boolean =>
  error instanceof Error &&
  has(error, { name: isText, message: isText, stack: isAbsentOr(isText) }) &&
  isText(String(error));

/** Whether a job that is retried is the same job, without its caller, its deadline and its deliveries. */
function isRightRetry(text: string): boolean {
  const job = decodeJob(text);
  const retried = retriedJob(text, 5);
  if (job.version === 0 || retried === undefined) {
    return job.version === 0 && retried === undefined;
  }
  const { data: _data, ...again } = decodeJob(retried) as Job;
  const { id, headers, maxDeliveries } = job;
  const gone = { replyTo: undefined, deadline: undefined, redeliveries: 0, pushedAt: 5 };
  return isDeepStrictEqual(again, { version: 2, id, headers, maxDeliveries, ...gone });
}

describe('any data from Redis', () => {
  it.each<[string, readonly string[], (text: string) => boolean]>([
    ['a job', JOBS, (text) => isRightJob(decodeJob(text))],
    ['a frame, and the error of its caller', FRAMES, (text) => isRightFrame(decodeFrame(text))],
    ['a job that is retried', JOBS, isRightRetry],
    ['a cancellation', MESSAGES, (text) => decodeCancelMessage(text).every(isText)],
  ])('is decoded without an exception, to the declared type: %s', (_, valid, isRight) => {
    expect(valid.every(isRight)).toBe(true);
    const fuzzer = new Fuzzer(20_260_801, valid);
    for (let round = 0; round < ROUNDS; round++) {
      const text = fuzzer.next();
      let result: unknown;
      try {
        result = isRight(text);
      } catch (error) {
        result = error;
      }
      if (result !== true) {
        expect({ text, result }).toEqual({ text, result: true });
      }
    }
  });
});
