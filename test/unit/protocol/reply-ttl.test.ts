import { expect, it } from 'vitest';
import { replyTtl } from '../../../lib/protocol/reply-ttl.js';

const NOW = 1_753_000_000_000;

it('a reply is kept for one minute after the deadline of its caller', () => {
  expect(replyTtl(NOW, NOW + 5_000)).toBe(65_000);
});

it('a reply after the deadline is kept for one minute', () => {
  expect(replyTtl(NOW, NOW)).toBe(60_000);
  expect(replyTtl(NOW, NOW - 1_000_000)).toBe(60_000);
});

it('a reply without a deadline is kept for an hour', () => {
  expect(replyTtl(NOW, undefined)).toBe(3_600_000);
});

it('the time to live is rounded up to an integer, as Redis requires', () => {
  expect(replyTtl(NOW, NOW + 0.25)).toBe(60_001);
});
