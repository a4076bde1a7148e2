import { expect, it } from 'vitest';
import {
  decodeCancelMessage,
  encodeCancelMessage,
} from '../../../lib/protocol/wire/cancel-message.js';

it('carries ids', () => {
  const ids = ['job-1', 'naïve " ☃'];
  expect(encodeCancelMessage(['job-1'])).toBe('["job-1"]');
  expect(decodeCancelMessage(encodeCancelMessage(ids))).toEqual(ids);
});

it.each([
  ['no JSON', 'job-1'],
  ['an object', '{"id":"job-1"}'],
  ['null', 'null'],
  ['nothing', ''],
])('has none in what is %s', (_, message) => {
  expect(decodeCancelMessage(message)).toEqual([]);
});

it.each([
  ['an id of 1 MB', JSON.stringify(['x'.repeat(1_000_000), 'job-1']), ['job-1']],
  ['a million ids', JSON.stringify(Array.from({ length: 1_000_000 }, String)), []],
])('does not keep %s', (_, message, ids) => {
  expect(decodeCancelMessage(message)).toEqual(ids);
});

it('leaves out what is no id', () => {
  expect(decodeCancelMessage('[1,"job-1",null]')).toEqual(['job-1']);
});
