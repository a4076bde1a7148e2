import { expect, it } from 'vitest';
import { replyTtl } from '../../../lib/protocol/reply-ttl.js';

const NOW = 1_753_000_000_000;

it('lets a reply lie until the deadline of its caller and a minute longer', () => {
  expect(replyTtl(NOW, NOW + 5_000)).toBe(65_000);
});

it('lets a reply lie for the minute alone when the deadline has passed', () => {
  expect(replyTtl(NOW, NOW)).toBe(60_000);
  expect(replyTtl(NOW, NOW - 1_000_000)).toBe(60_000);
});

it('lets a reply without a deadline lie for an hour', () => {
  expect(replyTtl(NOW, undefined)).toBe(3_600_000);
});

it('is a whole number, which Redis asks for, and never too short', () => {
  expect(replyTtl(NOW, NOW + 0.25)).toBe(60_001);
});
