import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { Observable } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CallEnd } from '../../../lib/client/calls/call-end.js';
import { PendingRequest, type RequestOwner } from '../../../lib/client/waiting/pending-request.js';
import { PendingRequests } from '../../../lib/client/waiting/pending-requests.js';
import { PayloadTooLargeError, RemoteError } from '../../../lib/errors/index.js';
import { VirtualRuntime } from '../../support/virtual-runtime.js';

let runtime: VirtualRuntime;

beforeEach(() => {
  runtime = new VirtualRuntime();
});

interface Ends {
  readonly timedOut: PendingRequest[];
  readonly ends: CallEnd[];
}

const endsOf = new WeakMap<PendingRequest, Ends>();

const OWNER: RequestOwner = {
  requestEnded: (request, end) => endsOf.get(request)?.ends.push(end),
  refusalOf: () => undefined,
  timedOut: (request) => endsOf.get(request)?.timedOut.push(request),
  threw: (_what, error) => thrown.push(error),
};

const thrown: unknown[] = [];

/** A registry without a default timeout, so that each request has its own timers. */
const newRegistry = (usualTimeout = 0) =>
  new PendingRequests(usualTimeout, new AsyncResource('test'), runtime);

let count = 0;

/** A pending request, with what its subscriber received and whether it timed out. */
function newRequest(registry: PendingRequests, timeout = 0, idleTimeout = 0, owner = OWNER) {
  const seen: unknown[] = [];
  const made: PendingRequest[] = [];
  new Observable<unknown>((subscriber) => {
    const limits = { timeout, idleTimeout, isInherited: false };
    const id = `request-${++count}`;
    made.push(new PendingRequest(id, 'reports', registry, owner, subscriber, limits));
  }).subscribe({
    next: (value) => seen.push(['next', value]),
    error: (error: unknown) => seen.push(['error', error]),
    complete: () => seen.push(['complete']),
  });
  const [request] = made as [PendingRequest];
  const told: Ends = { timedOut: [], ends: [] };
  endsOf.set(request, told);
  return { request, seen, ...told };
}

describe('a pending request', () => {
  it('is found by its id', () => {
    const registry = newRegistry();
    const one = newRequest(registry).request;
    const two = newRequest(registry).request;
    expect(registry.size).toBe(2);
    expect(registry.get(one.id)).toBe(one);
    expect(registry.get(two.id)).toBe(two);
    expect(registry.get('another')).toBeUndefined();
    expect(one.isWaiting()).toBe(true);
  });

  it('is found among older ones while it is pending, however many others come and go', () => {
    const registry = newRegistry();
    const lasting = newRequest(registry).request;
    for (let i = 0; i < 3_000; i++) {
      const { request } = newRequest(registry);
      expect(registry.get(request.id)).toBe(request);
      request.end('not begun');
      expect(registry.get(request.id)).toBeUndefined();
    }
    expect(registry.get(lasting.id)).toBe(lasting);
    expect([...registry.all()]).toEqual([lasting]);
  });

  it('keeps its order among very many, however many others come and go', () => {
    const registry = newRegistry();
    const wait = (many: number) => Array.from({ length: many }, () => newRequest(registry).request);
    const lasting = wait(25_000);
    for (const request of wait(30_000)) {
      request.end('not begun');
    }
    const late = wait(10);
    const [first, ...others] = [...lasting, ...late];
    expect(registry.size).toBe(25_010);
    expect(first && registry.get(first.id)).toBe(first);
    first?.end('not begun');
    expect(first?.isWaiting()).toBe(false);
    expect([...registry.all()].every((request, index) => request === others[index])).toBe(true);
    expect(registry.size).toBe(others.length);
  });

  it('waits for its timeout after an unconfirmed push, and fails if it has none', () => {
    const registry = newRegistry();
    const limited = newRequest(registry, 5_000);
    limited.request.pushUnconfirmed();
    expect(limited.request.isWaiting()).toBe(true);
    expect(limited.seen).toEqual([]);
    const unlimited = newRequest(registry);
    unlimited.request.pushUnconfirmed();
    expect(unlimited.request.isWaiting()).toBe(false);
    expect(unlimited.seen).toMatchObject([['error', { code: 'PUSH_FAILED' }]]);
  });

  it('knows when its time is up', () => {
    const registry = newRegistry();
    const { request } = newRequest(registry, 5_000);
    runtime.advance(4_000);
    expect(request.timeLeft()).toBe(1_000);
    expect(newRequest(registry, 0).request.timeLeft()).toBeUndefined();
  });
});

describe('a reply', () => {
  it.each([['value'], [null], [undefined], [0]])(
    'is emitted once, and is the end: %j',
    (payload) => {
      const registry = newRegistry();
      const { request, seen } = newRequest(registry, 5_000);
      const frame = { kind: 'r', id: request.id, payload } as const;
      request.receive(frame);
      request.receive(frame);
      expect(seen).toEqual([['next', payload], ['complete']]);
      expect(registry.size).toBe(0);
      expect(request.isWaiting()).toBe(false);
      expect(runtime.pending).toBe(0);
    },
  );

  it('leaves the other requests waiting', () => {
    const registry = newRegistry();
    const { request } = newRequest(registry);
    const other = newRequest(registry);
    request.receive({ kind: 'r', id: request.id, payload: 1 });
    expect(registry.size).toBe(1);
    expect(other.request.isWaiting()).toBe(true);
    expect(other.seen).toEqual([]);
  });
});

describe('an error frame', () => {
  const error = { name: 'TypeError', message: 'oops' };

  it('ends the request with the error of the handler', () => {
    const registry = newRegistry();
    const { request, seen } = newRequest(registry, 5_000);
    request.receive({ kind: 'e', id: request.id, error, position: undefined });
    request.receive({ kind: 'r', id: request.id, payload: 'late' });
    expect(seen).toEqual([['error', expect.any(RemoteError)]]);
    expect(seen[0]).toMatchObject([
      'error',
      { queue: 'reports', id: request.id, message: 'oops', remote: error },
    ]);
    expect(registry.size).toBe(0);
    expect(runtime.pending).toBe(0);
  });

  it('is revived by the application', () => {
    const { request, seen } = newRequest(newRegistry());
    const revived = new RangeError('revived');
    request.receive({ kind: 'e', id: request.id, error, position: undefined }, () => revived);
    expect(seen).toEqual([['error', revived]]);
  });

  it('becomes a RemoteError if the application cannot revive it', () => {
    const { request, seen } = newRequest(newRegistry());
    request.receive({ kind: 'e', id: request.id, error, position: undefined }, () => {
      throw new Error('no such class');
    });
    expect(seen).toMatchObject([['error', { code: 'REMOTE', message: 'oops' }]]);
    expect(thrown.splice(0)).toMatchObject([{ message: 'no such class' }]);
  });

  it('of the library about this job becomes that error', () => {
    const { request, seen } = newRequest(newRegistry());
    const details = { job: request.id, size: 2_000, maxPayload: 1_024 };
    const form = { ...error, code: 'PAYLOAD_TOO_LARGE', details };
    request.receive({ kind: 'e', id: request.id, error: form, position: undefined });
    expect(seen).toEqual([['error', expect.any(PayloadTooLargeError)]]);
  });
});

describe('a stream', () => {
  const at = (index: number, run = 'one', attempt = 1) => ({ attempt, index, run });

  it('emits each value until its end', () => {
    const registry = newRegistry();
    const { request, seen } = newRequest(registry);
    const { id } = request;
    request.receive({ kind: 'n', id, payload: 1, position: at(0) });
    request.receive({ kind: 'n', id, payload: null, position: at(1) });
    request.receive({ kind: 'n', id, payload: null, position: at(1) });
    expect(request.isWaiting()).toBe(true);
    request.receive({ kind: 'c', id, position: at(2) });
    request.receive({ kind: 'n', id, payload: 'late', position: at(2) });
    expect(seen).toEqual([['next', 1], ['next', null], ['complete']]);
    expect(registry.size).toBe(0);
  });

  it('breaks if a value is missing, or if another run has replaced its own', () => {
    for (const positions of [[at(2)], [0, 1].map((index) => at(index, 'two', 2))]) {
      const { request, seen, ends } = newRequest(newRegistry(), 5_000);
      const { id } = request;
      request.receive({ kind: 'n', id, payload: 1, position: at(0) });
      for (const position of positions) {
        request.receive({ kind: 'n', id, payload: 2, position });
      }
      const [, position = at(2)] = positions;
      request.receive({ kind: 'c', id, position });
      expect(seen).toEqual([
        ['next', 1],
        ['error', expect.objectContaining({ code: 'WORKER_LOST', deliveries: 1, values: 1 })],
      ]);
      expect(ends).toEqual(['broken stream']);
      expect(runtime.pending).toBe(0);
    }
  });

  it('may be silent for its `idleTimeout` between values', () => {
    const { request, seen, timedOut } = newRequest(newRegistry(), 0, 1_000);
    for (const index of [0, 1, 2]) {
      runtime.advance(999);
      request.receive({ kind: 'n', id: request.id, payload: index, position: at(index) });
    }
    runtime.advance(999);
    expect([seen.length, timedOut]).toEqual([3, []]);
    runtime.advance(1);
    expect(timedOut).toEqual([request]);
  });
});

describe('the timeout', () => {
  it('notifies once, when the request is no longer pending', () => {
    const registry = newRegistry();
    const { request, seen, timedOut } = newRequest(registry, 5_000);
    runtime.advance(4_999);
    expect(timedOut).toEqual([]);
    expect(request.isWaiting()).toBe(true);
    runtime.advance(1);
    expect(timedOut).toEqual([request]);
    expect(request.isWaiting()).toBe(false);
    expect(registry.size).toBe(0);
    runtime.advance(10_000);
    expect(timedOut).toHaveLength(1);
    expect(seen).toEqual([]);
  });

  it('wins over a late reply', () => {
    const { request, seen, timedOut } = newRequest(newRegistry(), 5_000);
    runtime.advance(5_000);
    request.receive({ kind: 'r', id: request.id, payload: 'late' });
    request.fail(new Error('late'), 'refused');
    expect(timedOut).toHaveLength(1);
    expect(seen).toEqual([]);
  });

  it('of 0 never ends the request', () => {
    const { request } = newRequest(newRegistry(), 0);
    expect(runtime.pending).toBe(0);
    expect(request.isWaiting()).toBe(true);
  });
});

describe('the default timeout', () => {
  const USUAL = 5_000;

  it('is watched by one timer for all requests', () => {
    const registry = newRegistry(USUAL);
    const requests = Array.from({ length: 100 }, () => newRequest(registry, USUAL));
    expect(runtime.pending).toBe(1);
    runtime.advance(USUAL - 1);
    expect(requests.flatMap(({ timedOut }) => timedOut)).toEqual([]);
    runtime.advance(1);
    expect(requests.map(({ timedOut }) => timedOut)).toEqual(requests.map((r) => [r.request]));
    expect(registry.size).toBe(0);
    expect(runtime.pending).toBe(0);
  });

  it('counts from the start of each request, whichever requests have ended before', () => {
    const registry = newRegistry(USUAL);
    const answered = newRequest(registry, USUAL);
    runtime.advance(1_000);
    const second = newRequest(registry, USUAL);
    runtime.advance(1);
    const third = newRequest(registry, USUAL);
    answered.request.receive({ kind: 'r', id: answered.request.id, payload: 1 });
    runtime.advance(USUAL - 2);
    expect([second.timedOut, third.timedOut]).toEqual([[], []]);
    runtime.advance(1);
    expect(second.timedOut).toEqual([second.request]);
    expect(third.timedOut).toEqual([]);
    runtime.advance(1);
    expect(third.timedOut).toEqual([third.request]);
    expect(answered.timedOut).toEqual([]);
    expect(runtime.pending).toBe(0);
  });

  it('starts a timer with the first request after none was pending', () => {
    const registry = newRegistry(USUAL);
    newRequest(registry, USUAL).request.end('not begun');
    runtime.advance(USUAL);
    expect(runtime.pending).toBe(0);
    const { request, timedOut } = newRequest(registry, USUAL);
    runtime.advance(USUAL);
    expect(timedOut).toEqual([request]);
  });

  it('does not affect requests with another timeout, and the reverse', () => {
    const registry = newRegistry(USUAL);
    const longer = newRequest(registry, 2 * USUAL);
    const unlimited = newRequest(registry, 0);
    const usual = newRequest(registry, USUAL);
    const shorter = newRequest(registry, 1_000);
    runtime.advance(1_000);
    expect(shorter.timedOut).toEqual([shorter.request]);
    runtime.advance(USUAL - 1_000);
    expect(usual.timedOut).toEqual([usual.request]);
    expect([...registry.all()]).toEqual([longer.request, unlimited.request]);
    runtime.advance(USUAL);
    expect(longer.timedOut).toEqual([longer.request]);
    expect(unlimited.request.isWaiting()).toBe(true);
  });

  it('is not watched any more when all have failed', () => {
    const registry = newRegistry(USUAL);
    newRequest(registry, USUAL);
    newRequest(registry, 1_000);
    registry.close(({ id }) => new Error(id));
    expect(runtime.pending).toBe(0);
  });

  it('expires in the async context of the registry, not in that of the first request', () => {
    const storage = new AsyncLocalStorage<string>();
    const contexts: unknown[] = [];
    const owner = { ...OWNER, timedOut: () => contexts.push(storage.getStore()) };
    const registry = storage.run('registry', () => newRegistry(1));
    storage.run('caller', () => newRequest(registry, 1, 0, owner));
    runtime.advance(1);
    expect(contexts).toEqual(['registry']);
  });
});

describe('a failure', () => {
  it('ends the request', () => {
    const registry = newRegistry();
    const { request, seen, timedOut } = newRequest(registry, 5_000);
    const reason = new Error('not pushed');
    request.fail(reason, 'refused');
    request.fail(new Error('again'), 'refused');
    request.receive({ kind: 'r', id: request.id, payload: 'late' });
    runtime.advance(5_000);
    expect(seen).toEqual([['error', reason]]);
    expect(timedOut).toEqual([]);
    expect(registry.size).toBe(0);
  });

  it('may be that of all pending requests, each with its own error', () => {
    const registry = newRegistry();
    const requests = [newRequest(registry), newRequest(registry), newRequest(registry)];
    registry.close(({ id }) => new Error(id));
    for (const { request, seen } of requests) {
      expect(seen).toEqual([['error', new Error(request.id)]]);
    }
    expect(registry.size).toBe(0);
  });

  it('of all pending requests reaches one that is sent because of it', () => {
    const registry = newRegistry();
    newRequest(registry);
    const added: ReturnType<typeof newRequest>[] = [];
    registry.close(({ id }) => {
      if (added.length === 0) {
        added.push(newRequest(registry));
      }
      return new Error(id);
    });
    expect(added).toHaveLength(1);
    expect(registry.size).toBe(0);
  });
});

describe('the end of a request', () => {
  const error = { name: 'TypeError', message: 'oops' };
  const position = { attempt: 1, index: 0, run: 'one' };
  const gap = { ...position, index: 5 };

  it.each<[string, (request: PendingRequest) => void, CallEnd]>([
    ['a reply', (its) => its.receive({ kind: 'r', id: its.id, payload: 1 }), 'reply'],
    [
      'an error',
      (its) => its.receive({ kind: 'e', id: its.id, error, position: undefined }),
      'error reply',
    ],
    ['the end of its stream', (its) => its.receive({ kind: 'c', id: its.id, position }), 'reply'],
    [
      'a gap in its stream',
      (its) => its.receive({ kind: 'c', id: its.id, position: gap }),
      'broken stream',
    ],
    ['a refused push', (its) => its.fail(new Error('refused'), 'refused'), 'refused'],
    ['an abort', (its) => its.fail(new Error('aborted'), 'aborted'), 'aborted'],
    ['its time', () => runtime.advance(1_000), 'timeout'],
    ['its subscriber', (its) => its.unsubscribe(), 'unsubscribed'],
    ['a beginning that fails', (its) => its.end('not begun'), 'not begun'],
  ])('runs all cleanups once, and notifies: %s', (_, bring, end) => {
    const { request, ends } = newRequest(newRegistry(), 1_000, 900);
    const released: string[] = [];
    request.onEnd(() => released.push('one'));
    request.onEnd(() => released.push('two'));
    for (let times = 0; times < 2; times++) {
      bring(request);
      request.receive({ kind: 'r', id: request.id, payload: 'late' });
      expect(released).toEqual(['one', 'two']);
      expect(ends).toEqual([end]);
    }
    expect(runtime.pending).toBe(0);
  });
});

describe('a request that was not started', () => {
  it('does not end', () => {
    const registry = newRegistry();
    const { request, seen, timedOut } = newRequest(registry, 5_000);
    request.end('not begun');
    expect(request.isWaiting()).toBe(false);
    expect(registry.size).toBe(0);
    expect(runtime.pending).toBe(0);
    request.receive({ kind: 'r', id: request.id, payload: 'late' });
    runtime.advance(5_000);
    expect(seen).toEqual([]);
    expect(timedOut).toEqual([]);
  });
});
