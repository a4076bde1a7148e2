import { expect, it } from 'vitest';
import {
  decodeCancelMessage,
  encodeCancelMessage,
} from '../../../lib/protocol/wire/cancel-message.js';

it('contains the ids', () => {
  const ids = ['job-1', 'naïve " ☃'];
  expect(encodeCancelMessage(['job-1'])).toBe('["job-1"]');
  expect(decodeCancelMessage(encodeCancelMessage(ids))).toEqual(ids);
});

it.each([
  ['no JSON', 'job-1'],
  ['an object', '{"id":"job-1"}'],
  ['null', 'null'],
  ['nothing', ''],
])('has no ids if it is %s', (_, message) => {
  expect(decodeCancelMessage(message)).toEqual([]);
});

it.each([
  ['an id of 1 MB', JSON.stringify(['x'.repeat(1_000_000), 'job-1']), ['job-1']],
  ['a million ids', JSON.stringify(Array.from({ length: 1_000_000 }, String)), []],
])('drops %s', (_, message, ids) => {
  expect(decodeCancelMessage(message)).toEqual(ids);
});

it('leaves out elements that are no ids', () => {
  expect(decodeCancelMessage('[1,"job-1",null]')).toEqual(['job-1']);
});
