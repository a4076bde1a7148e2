import { describe, expect, it } from 'vitest';
import {
  ClientClosedError,
  ConnectionFailedError,
  DuplicateJobHandlerError,
  InvalidOptionError,
  JobRemovedError,
  NoWorkersError,
  PayloadTooLargeError,
  PendingLimitError,
  PushFailedError,
  QueueFullError,
  RemoteError,
  ReqRepError,
  RequestTimeoutError,
  SerializationError,
  WorkerLostError,
  WorkersClosedError,
} from '../../../lib/errors/index.js';
import * as exported from '../../../lib/index.js';

const timeout = { queue: 'reports', id: 'job-1', timeout: 5_000 };

interface Case {
  readonly error: ReqRepError;
  readonly type: abstract new (...args: never[]) => ReqRepError;
  readonly name: string;
  readonly code: string;
  /** The own fields of the error. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Parts of its message: what happened, and what to do. */
  readonly says: readonly string[];
}

const CASES: readonly Case[] = [
  {
    error: new ClientClosedError('reports'),
    type: ClientClosedError,
    name: 'ClientClosedError',
    code: 'CLIENT_CLOSED',
    fields: { queue: 'reports' },
    says: ['"reports"', 'closed'],
  },
  {
    error: new WorkersClosedError(),
    type: WorkersClosedError,
    name: 'WorkersClosedError',
    code: 'WORKERS_CLOSED',
    fields: {},
    says: ['closed for good'],
  },
  {
    error: new DuplicateJobHandlerError('reports', ['A#run', 'B#run']),
    type: DuplicateJobHandlerError,
    name: 'DuplicateJobHandlerError',
    code: 'DUPLICATE_HANDLER',
    fields: { queue: 'reports', handlers: ['A#run', 'B#run'] },
    says: ['"reports"', 'A#run', 'B#run', 'Remove one', '`instance`'],
  },
  {
    error: new InvalidOptionError('concurrency', 'an integer >= 1', '`0` (number)'),
    type: InvalidOptionError,
    name: 'InvalidOptionError',
    code: 'INVALID_OPTION',
    fields: { option: 'concurrency', expected: 'an integer >= 1', received: '`0` (number)' },
    says: ['concurrency', 'an integer >= 1', '`0` (number)'],
  },
  {
    error: new JobRemovedError('reports', 'job-1'),
    type: JobRemovedError,
    name: 'JobRemovedError',
    code: 'JOB_REMOVED',
    fields: { queue: 'reports', id: 'job-1' },
    says: ['"reports"', 'job-1', 'QueueAdmin'],
  },
  {
    error: new NoWorkersError('reports'),
    type: NoWorkersError,
    name: 'NoWorkersError',
    code: 'NO_WORKERS',
    fields: { queue: 'reports' },
    says: ['"reports"', `@OnJob('reports')`, '`requireWorker`'],
  },
  {
    error: new PayloadTooLargeError('reports', 'request', 2_000, 1_024),
    type: PayloadTooLargeError,
    name: 'PayloadTooLargeError',
    code: 'PAYLOAD_TOO_LARGE',
    fields: { queue: 'reports', direction: 'request', size: 2_000, maxPayload: 1_024 },
    says: ['request to queue "reports"', '2000', '1024', 'Send a reference', '`maxPayload`'],
  },
  {
    error: new PayloadTooLargeError('reports', 'reply', 2_000, 1_024),
    type: PayloadTooLargeError,
    name: 'PayloadTooLargeError',
    code: 'PAYLOAD_TOO_LARGE',
    fields: { queue: 'reports', direction: 'reply', size: 2_000, maxPayload: 1_024 },
    says: ['reply from queue "reports"', '2000', '1024', 'Send a reference', '`maxPayload`'],
  },
  {
    error: new PendingLimitError('reports', 100),
    type: PendingLimitError,
    name: 'PendingLimitError',
    code: 'PENDING_LIMIT',
    fields: {
      queue: 'reports',
      limit: 'maxPending',
      maxPending: 100,
      maxPendingBytes: undefined,
    },
    says: ['"reports"', '100 jobs', 'Send fewer', '`maxPending`'],
  },
  {
    error: new PendingLimitError('reports', 4_096, 'maxPendingBytes'),
    type: PendingLimitError,
    name: 'PendingLimitError',
    code: 'PENDING_LIMIT',
    fields: {
      queue: 'reports',
      limit: 'maxPendingBytes',
      maxPending: undefined,
      maxPendingBytes: 4_096,
    },
    says: ['"reports"', '4096 bytes', 'Send fewer', '`maxPendingBytes`'],
  },
  {
    error: new PushFailedError('reports', 'OOM command not allowed'),
    type: PushFailedError,
    name: 'PushFailedError',
    code: 'PUSH_FAILED',
    fields: { queue: 'reports', reason: 'OOM command not allowed' },
    says: ['"reports"', 'OOM command not allowed'],
  },
  {
    error: new ConnectionFailedError('redis://h:1/0', 'redis://h:1/0 is away: start it', 5_000),
    type: ConnectionFailedError,
    name: 'ConnectionFailedError',
    code: 'CONNECTION_FAILED',
    fields: { server: 'redis://h:1/0', reason: 'redis://h:1/0 is away: start it', timeout: 5_000 },
    says: ['within 5000 ms', '`failFast`', 'redis://h:1/0 is away: start it'],
  },
  {
    error: new ConnectionFailedError('redis://h:1/0', 'redis://h:1/0 hangs', undefined, {
      advice: 'Start it.',
    }),
    type: ConnectionFailedError,
    name: 'ConnectionFailedError',
    code: 'CONNECTION_FAILED',
    fields: { server: 'redis://h:1/0', reason: 'redis://h:1/0 hangs', timeout: undefined },
    says: ['used: redis://h:1/0 hangs. Start it.'],
  },
  {
    error: new RequestTimeoutError({ ...timeout, trouble: new Error('redis://h:1/0 is away') }),
    type: RequestTimeoutError,
    name: 'RequestTimeoutError',
    code: 'REQUEST_TIMEOUT',
    fields: {
      ...timeout,
      limit: 'timeout',
      workers: undefined,
      queueLength: undefined,
      refusal: undefined,
    },
    says: ['"reports"', '5000 ms', 'job-1', 'redis://h:1/0 is away'],
  },
  {
    error: new QueueFullError('reports', 10, 12),
    type: QueueFullError,
    name: 'QueueFullError',
    code: 'QUEUE_FULL',
    fields: { queue: 'reports', maxQueueLength: 10, queueLength: 12 },
    says: ['"reports"', '10', '12', 'Try again later', '`maxQueueLength`'],
  },
  {
    error: new RemoteError('reports', 'job-1', { name: 'TypeError', message: 'oops', code: 7 }),
    type: RemoteError,
    name: 'RemoteError',
    code: 'REMOTE',
    fields: {
      queue: 'reports',
      id: 'job-1',
      remote: { name: 'TypeError', message: 'oops', code: 7 },
    },
    says: ['oops'],
  },
  {
    error: new RequestTimeoutError({ ...timeout, workers: 1, queueLength: 7, refusal: 'OOM no' }),
    type: RequestTimeoutError,
    name: 'RequestTimeoutError',
    code: 'REQUEST_TIMEOUT',
    fields: { ...timeout, limit: 'timeout', workers: 1, queueLength: 7, refusal: 'OOM no' },
    says: ['"reports"', '5000 ms', 'job-1', 'was not sent', 'OOM no', 'Fix that'],
  },
  {
    error: new RequestTimeoutError({ ...timeout, workers: 0, queueLength: 7 }),
    type: RequestTimeoutError,
    name: 'RequestTimeoutError',
    code: 'REQUEST_TIMEOUT',
    fields: { ...timeout, limit: 'timeout', workers: 0, queueLength: 7, refusal: undefined },
    says: ['"reports"', '5000 ms', 'job-1', 'no live worker', '7 jobs', `@OnJob('reports')`],
  },
  {
    error: new RequestTimeoutError({ ...timeout, workers: 3, queueLength: 7 }),
    type: RequestTimeoutError,
    name: 'RequestTimeoutError',
    code: 'REQUEST_TIMEOUT',
    fields: { ...timeout, limit: 'timeout', workers: 3, queueLength: 7, refusal: undefined },
    says: ['"reports"', '5000 ms', 'job-1', '3 live workers', '7 jobs', 'Raise the timeout'],
  },
  {
    error: new RequestTimeoutError(timeout),
    type: RequestTimeoutError,
    name: 'RequestTimeoutError',
    code: 'REQUEST_TIMEOUT',
    fields: {
      ...timeout,
      limit: 'timeout',
      workers: undefined,
      queueLength: undefined,
      refusal: undefined,
    },
    says: [
      '"reports"',
      '5000 ms',
      'job-1',
      'state of the queue is unknown',
      'Check the connection',
    ],
  },
  {
    error: new RequestTimeoutError({
      ...timeout,
      limit: 'idleTimeout',
      workers: 1,
      queueLength: 0,
    }),
    type: RequestTimeoutError,
    name: 'RequestTimeoutError',
    code: 'REQUEST_TIMEOUT',
    fields: { ...timeout, limit: 'idleTimeout', workers: 1, queueLength: 0, refusal: undefined },
    says: ['"reports"', '5000 ms', 'job-1', '1 live worker', '0 jobs'],
  },
  {
    error: new RequestTimeoutError({ ...timeout, limit: 'inherited', workers: 1, queueLength: 0 }),
    type: RequestTimeoutError,
    name: 'RequestTimeoutError',
    code: 'REQUEST_TIMEOUT',
    fields: { ...timeout, limit: 'inherited', workers: 1, queueLength: 0, refusal: undefined },
    says: ['"reports"', '5000 ms, at the deadline of the job that sent it', 'job-1'],
  },
  {
    error: new SerializationError('reports', 'reply', 'a cycle'),
    type: SerializationError,
    name: 'SerializationError',
    code: 'SERIALIZATION',
    fields: { queue: 'reports', direction: 'reply', reason: 'a cycle', instead: undefined },
    says: ['reply from queue "reports"', 'JSON', 'a cycle'],
  },
  {
    error: new SerializationError('reports', 'request', 'a cycle'),
    type: SerializationError,
    name: 'SerializationError',
    code: 'SERIALIZATION',
    fields: { queue: 'reports', direction: 'request', reason: 'a cycle', instead: undefined },
    says: ['request to queue "reports"', 'JSON', 'a cycle'],
  },
  {
    error: new WorkerLostError('reports', 'job-1', 3),
    type: WorkerLostError,
    name: 'WorkerLostError',
    code: 'WORKER_LOST',
    fields: { queue: 'reports', id: 'job-1', deliveries: 3, values: undefined },
    says: ['"reports"', 'job-1', '3 times', 'dead letters'],
  },
  {
    error: new WorkerLostError('reports', 'job-1', 1, 7),
    type: WorkerLostError,
    name: 'WorkerLostError',
    code: 'WORKER_LOST',
    fields: { queue: 'reports', id: 'job-1', deliveries: 1, values: 7 },
    says: ['"reports"', 'job-1', '7 values', 'Send the request again'],
  },
];

describe.each(CASES)('$name', ({ error, type, name, code, fields, says }) => {
  it('is recognized by its class, its name and its code', () => {
    expect(error).toBeInstanceOf(type);
    expect(error).toBeInstanceOf(ReqRepError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.code).toBe(code);
  });

  it('has its own fields and no others', () => {
    const own = { ...error } as Record<string, unknown>;
    expect(own).toStrictEqual({ code, ...fields });
  });

  it('begins its stack with its name and its message', () => {
    expect(error.stack).toMatch(new RegExp(`^${name}: `));
    expect(error.stack?.startsWith(`${name}: ${error.message}`)).toBe(true);
  });

  it('says what happened and what to do', () => {
    for (const part of says) {
      expect(error.message).toContain(part);
    }
  });

  it('can be handled with the exports of the package alone', () => {
    expect(Object.entries(exported)).toContainEqual([name, type]);
  });
});

it('the table has a case for every error class', () => {
  const errors = Object.entries(exported)
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof ReqRepError)
    .map(([name]) => name);
  expect(errors.toSorted()).toEqual([...new Set(CASES.map(({ name }) => name))].toSorted());
});

it('each error class has a code of its own', () => {
  const codes = new Set(CASES.map(({ code }) => code));
  expect(codes.size).toBe(new Set(CASES.map(({ name }) => name)).size);
});

it('a SerializationError keeps its cause', () => {
  const cause = new TypeError('a cycle');
  expect(new SerializationError('reports', 'reply', 'a cycle', { cause }).cause).toBe(cause);
});

it('an error does not list its name among its own fields', () => {
  expect(Object.keys(new NoWorkersError('reports'))).not.toContain('name');
  class OwnError extends RemoteError {}
  expect(new OwnError('reports', 'job-1', { name: 'Error', message: 'oops' }).name).toBe(
    'RemoteError',
  );
});
