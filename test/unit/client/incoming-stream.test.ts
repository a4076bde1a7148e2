import { expect, it } from 'vitest';
import { IncomingStream } from '../../../lib/client/waiting/incoming-stream.js';

const error = { name: 'Error', message: 'an error' };
const at = (index: number, run = 'one', attempt = 1) => ({ attempt, index, run });

/** Verdicts on values at these indices. */
function verdicts(...places: ReturnType<typeof at>[]): string[] {
  const stream = new IncomingStream();
  return places.map((place) => stream.judge(place, true));
}

it('accepts each value once and in order', () => {
  expect(verdicts(at(0), at(1), at(2))).toEqual(['next', 'next', 'next']);
  expect(verdicts(at(0), at(1), at(0), at(1), at(2))).toEqual([
    'next',
    'next',
    'repeated',
    'repeated',
    'next',
  ]);
});

it('is broken if a value is missing', () => {
  expect(verdicts(at(1))).toEqual(['broken']);
  expect(verdicts(at(0), at(2))).toEqual(['next', 'broken']);
});

it('follows the run whose value came first among runs of the same delivery', () => {
  expect(verdicts(at(0), at(0, 'two'), at(1))).toEqual(['next', 'repeated', 'next']);
});

it('follows its run although a repeated push has started a later one', () => {
  const stream = new IncomingStream();
  expect(stream.judge(at(0), true)).toBe('next');
  expect(stream.judge(at(0, 'two', 2), true)).toBe('repeated');
  expect(stream.judge(at(1), true)).toBe('next');
  expect(stream.judge(at(1, 'two', 2), false)).toBe('repeated');
  expect(stream.judge(at(2), false)).toBe('next');
});

it.each([
  ['of a later delivery', 2],
  ['of the same delivery, which a server that lacks the last writes has handed out again,', 1],
])('is broken if a run %s ends while its own run sends nothing more', (_, attempt) => {
  const stream = new IncomingStream();
  expect(stream.judge(at(0), true)).toBe('next');
  expect(stream.judge(at(0, 'two', attempt), true)).toBe('repeated');
  expect(stream.judge(at(1, 'two', attempt), true)).toBe('repeated');
  expect(stream.judge(at(2, 'two', attempt), false)).toBe('broken');
});

it('follows its run while a run of an earlier delivery ends', () => {
  const stream = new IncomingStream();
  expect(stream.judge(at(0, 'two', 2), true)).toBe('next');
  expect(stream.judge(at(0), true)).toBe('repeated');
  expect(stream.judge(at(1), false)).toBe('repeated');
  expect(stream.judge(at(1, 'two', 2), true)).toBe('next');
});

it('ends if its own delivery is lost, and not if a later one is', () => {
  const lost = (deliveries: unknown) => ({
    position: undefined,
    error: { name: 'WorkerLostError', message: '', code: 'WORKER_LOST', details: { deliveries } },
  });
  const stream = new IncomingStream();
  stream.judge(at(0), true);
  expect(stream.judgeError(lost(2))).toBe('repeated');
  expect(stream.judgeError(lost(1))).toBe('next');
  expect(stream.judgeError(lost('two'))).toBe('next');
  expect(new IncomingStream().judgeError(lost(2))).toBe('next');
});

it('accepts its end only after all values', () => {
  const stream = new IncomingStream();
  stream.judge(at(0), true);
  expect(stream.judge(at(2), false)).toBe('broken');
  expect(stream.judge(at(1), false)).toBe('next');
  expect(stream.count).toBe(1);
});

it('ends with an error of its run even if values before it are missing', () => {
  const stream = new IncomingStream();
  stream.judge(at(0), true);
  expect(stream.judgeError({ position: at(5), error })).toBe('next');
  expect(stream.judgeError({ position: at(0, 'two'), error })).toBe('repeated');
});
