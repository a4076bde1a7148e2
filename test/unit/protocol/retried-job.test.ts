import { expect, it } from 'vitest';
import { decodeJob } from '../../../lib/protocol/wire/job-element.js';
import { retriedJob } from '../../../lib/protocol/wire/retried-job.js';

it.each([
  ['of version 1', '["7","data"]', '["7","data",{"t":5}]'],
  ['with a number as its id', ' [7 ,1]', '[7,1,{"t":5}]'],
  ['with a caller and a deadline', '["a",1,{"c":"x","t":1,"d":2}]', '["a",1,{"t":5}]'],
  [
    'with headers and a limit',
    '["a",1,{"c":"x","h":{"k":"],"},"n":2,"t":1}]',
    '["a",1,{"h":{"k":"],"},"n":2,"t":5}]',
  ],
  ['that was delivered before', '  \t["a",1,{}]', '["a",1,{"t":5}]'],
  ['whose stream had begun', ' ["a",1,{}]\n', '["a",1,{"t":5}]'],
  ['with fields of a later version', '["a",1,{"z":[{}]},"more"]', '["a",1,{"z":[{}],"t":5}]'],
  ['with escapes', String.raw`["a\\","\"],{\\\"",{}]`, String.raw`["a\\","\"],{\\\"",{"t":5}]`],
  [
    'with what JavaScript would write in another way',
    '["a",{"n": 12345678901234567890, "e": 1e2, "u": "\\u0041", "d": 1, "d": 2},{}]',
    '["a",{"n": 12345678901234567890, "e": 1e2, "u": "\\u0041", "d": 1, "d": 2},{"t":5}]',
  ],
  ['with nested arrays', '["a",[[],[{"b":[1,2]}]],{}]', '["a",[[],[{"b":[1,2]}]],{"t":5}]'],
])('a job %s is retried', (_, job, retried) => {
  expect(retriedJob(job, 5)).toBe(retried);
  expect(decodeJob(retried)).toMatchObject({ version: 2, redeliveries: 0, pushedAt: 5 });
});

it.each(['', 'no job', '{"id":1}', '["a"]', '[null,1]', '["a",1,"meta"]'])(
  'the text %j is no job',
  (text) => {
    expect(retriedJob(text, 5)).toBeUndefined();
  },
);
