import { describe, expect, it } from 'vitest';
import {
  asPushedAgain,
  asRedelivered,
  completeJob,
  COMPLETION_BYTES,
  decodeJob,
  encodeJob,
  encodeOriginalJob,
  hasLostWorker,
  type JobMeta,
} from '../../../lib/protocol/wire/job-element.js';

const PUSHED_AT = 1_753_000_000_000;
const DEADLINE = 1_753_000_030_000;

const elementOf = (id: string, data: unknown, meta: JobMeta = {}, deadline?: number): string =>
  completeJob(encodeJob(id, JSON.stringify(data), meta), PUSHED_AT, deadline);

/** Returns the number of bytes that the completion appends. */
const bytesAdded = (encoded: string, deadline?: number): number =>
  Buffer.byteLength(completeJob(encoded, PUSHED_AT, deadline)) - Buffer.byteLength(encoded);

describe('an element of version 1', () => {
  it('is the array of id and data', () => {
    expect(encodeOriginalJob('job-1', '{"a":1}')).toBe('["job-1",{"a":1}]');
  });

  it.each([null, 0, '', false, 'naïve ☃ 🎉', { a: [1, { b: null }] }])('carries %j', (data) => {
    const element = encodeOriginalJob('job-1', JSON.stringify(data));
    expect(decodeJob(element)).toEqual({ version: 1, id: 'job-1', data, redeliveries: 0 });
  });

  it('may have a number as its id', () => {
    expect(decodeJob('[42,"data"]')).toMatchObject({ version: 1, id: 42, data: 'data' });
  });

  it('has neither a client to reply to nor times', () => {
    const job = decodeJob('["job-1",null]');
    expect(job).not.toHaveProperty('replyTo');
    expect(job).not.toHaveProperty('deadline');
    expect(job).not.toHaveProperty('pushedAt');
  });
});

describe('an element of version 2', () => {
  it('is the array of id, data and meta under short names', () => {
    const meta = { replyTo: 'client-1', headers: { trace: 'abc' }, maxDeliveries: 2 };
    expect(JSON.parse(elementOf('job-1', { a: 1 }, meta, DEADLINE))).toEqual([
      'job-1',
      { a: 1 },
      { c: 'client-1', h: { trace: 'abc' }, n: 2, t: PUSHED_AT, d: DEADLINE },
    ]);
  });

  it('leaves out absent fields', () => {
    expect(elementOf('job-1', null)).toBe(`["job-1",null,{"t":${PUSHED_AT}}]`);
    expect(elementOf('job-1', null, { replyTo: 'client-1' })).toBe(
      `["job-1",null,{"c":"client-1","t":${PUSHED_AT}}]`,
    );
  });

  it('is decoded with all of its fields', () => {
    const meta = { replyTo: 'client-1', headers: { trace: 'abc', empty: '' }, maxDeliveries: 1 };
    expect(decodeJob(elementOf('job-1', 'data', meta, DEADLINE))).toEqual({
      version: 2,
      id: 'job-1',
      data: 'data',
      redeliveries: 0,
      ...meta,
      pushedAt: PUSHED_AT,
      deadline: DEADLINE,
    });
  });

  it('is decoded without absent fields', () => {
    expect(decodeJob(elementOf('job-1', null))).toEqual({
      version: 2,
      id: 'job-1',
      data: null,
      redeliveries: 0,
      replyTo: undefined,
      headers: undefined,
      maxDeliveries: undefined,
      pushedAt: PUSHED_AT,
      deadline: undefined,
    });
  });

  it.each([
    ['an id', elementOf('"} naïve ☃ 🎉 \ud83c', 1), { id: '"} naïve ☃ 🎉 \ud83c' }],
    ['data', elementOf('job-1', { '☃': '\u0000\u2028🎉' }), { data: { '☃': '\u0000\u2028🎉' } }],
    ['headers', elementOf('job-1', 1, { headers: { '{': '}]"' } }), { headers: { '{': '}]"' } }],
  ])('keeps special characters in %s', (_, element, expected) => {
    expect(decodeJob(element)).toMatchObject(expected);
  });

  it('may have a number as its id', () => {
    expect(decodeJob('[42,null,{"c":"client-1"}]')).toMatchObject({ version: 2, id: 42 });
  });

  it('may have no times', () => {
    expect(decodeJob('["job-1",null,{}]')).toMatchObject({ version: 2, pushedAt: undefined });
  });

  it('can be read by a version 1 worker', () => {
    const element = elementOf('job-1', { a: 1 }, { replyTo: 'client-1' }, DEADLINE);
    const [id, data] = JSON.parse(element) as unknown[];
    expect(id).toBe('job-1');
    expect(data).toEqual({ a: 1 });
  });

  it('is decoded without unknown meta', () => {
    const job = decodeJob('["job-1",1,{"z":{"deep":true},"c":"client-1"}]');
    expect(job).toEqual(decodeJob('["job-1",1,{"c":"client-1"}]'));
  });

  it('is decoded without a fourth item', () => {
    const job = decodeJob('["job-1",1,{"c":"client-1"},"more"]');
    expect(job).toEqual(decodeJob('["job-1",1,{"c":"client-1"}]'));
  });
});

describe('the completion of an element', () => {
  it('adds COMPLETION_BYTES with a deadline', () => {
    for (const meta of [{}, { replyTo: 'client-1' }]) {
      expect(bytesAdded(encodeJob('job-1', '1', meta), DEADLINE)).toBe(COMPLETION_BYTES);
    }
  });

  it('adds less than COMPLETION_BYTES without a deadline', () => {
    expect(bytesAdded(encodeJob('job-1', '1', { replyTo: 'client-1' }))).toBeLessThan(
      COMPLETION_BYTES,
    );
  });
});

describe('the redeliveries', () => {
  const ELEMENT = elementOf('job-1', ' data', { replyTo: 'client-1' });

  it.each([0, 1, 2, 50])('are the %i leading spaces', (count) => {
    expect(decodeJob(' '.repeat(count) + ELEMENT)).toMatchObject({
      redeliveries: count,
      data: ' data',
    });
  });

  it('are counted for version 1 as well', () => {
    expect(decodeJob('  ["job-1",null]')).toMatchObject({ version: 1, redeliveries: 2 });
  });

  it.each([
    ['a tab', '\t', 0],
    ['a line feed', '\n', 0],
    ['a carriage return', '\r\n', 0],
    ['a tab in front of spaces', '\t  ', 0],
    ['a tab behind a space', ' \t ', 1],
  ])('are not counted by %s', (_, space, redeliveries) => {
    expect(decodeJob(space + ELEMENT)).toMatchObject({ version: 2, redeliveries });
  });

  it.each([
    ['a new job', ELEMENT, 0, false],
    ['a job of a lost worker', asRedelivered(ELEMENT), 1, true],
    ['a job that was pushed again', asPushedAgain(ELEMENT), 1, false],
    ['one that was pushed again, of a lost worker', asRedelivered(asPushedAgain(ELEMENT)), 2, true],
  ])('of %s show whether a worker was lost', (_, element, redeliveries, hasLost) => {
    expect(decodeJob(element)).toMatchObject({ version: 2, redeliveries });
    expect(hasLostWorker(element)).toBe(hasLost);
  });

  it('are not counted by spaces elsewhere', () => {
    expect(decodeJob('[ "job-1" , null ] ')).toMatchObject({ redeliveries: 0 });
  });
});

describe('an unreadable element', () => {
  it.each(['', 'hello', '{', '["job-1"', "['job-1',1]", '\u00a0["job-1",1]', '["job-1",1]x'])(
    'is not JSON: %j',
    (element) => {
      expect(decodeJob(element)).toEqual({
        version: 0,
        reason: expect.stringMatching(/^not JSON: ./),
      });
    },
  );

  it.each(['null', '1', '"job-1"', '{"0":"job-1","1":1,"length":2}', '[]', '["job-1"]'])(
    'is not an array of two or three items: %s',
    (element) => {
      expect(decodeJob(element)).toEqual({
        version: 0,
        reason: 'expected an array [id, data] or [id, data, meta]',
      });
    },
  );

  it.each([
    ['[null,1]', 'null'],
    ['[true,1]', 'boolean'],
    ['[["job-1"],1]', 'an array'],
    ['[{},1,{}]', 'object'],
  ])('has an id of another kind: %s', (element, kind) => {
    expect(decodeJob(element)).toEqual({
      version: 0,
      reason: `expected the id to be a string or a number, got ${kind}`,
    });
  });

  it.each([
    ['["job-1",1,null]', 'null'],
    ['["job-1",1,"client-1"]', 'string'],
    ['["job-1",1,7]', 'number'],
    ['["job-1",1,[]]', 'an array'],
  ])('has meta of another kind: %s', (element, kind) => {
    expect(decodeJob(element)).toEqual({
      version: 0,
      reason: `expected the meta to be an object, got ${kind}`,
    });
  });

  it.each([
    ['c', '7', 'a string, got number'],
    ['c', 'null', 'a string, got null'],
    ['t', '"now"', 'an integer, got string'],
    ['d', '[1]', 'an integer, got an array'],
    ['h', '"trace"', 'an object of strings, got string'],
    ['h', '["trace"]', 'an object of strings, got an array'],
    ['h', '{"trace":1}', 'an object of strings, got object'],
    ['n', 'true', 'an integer, got boolean'],
    ['n', '{}', 'an integer, got object'],
  ])('has a meta.%s of %s', (name, json, expected) => {
    expect(decodeJob(`["job-1",1,{"${name}":${json}}]`)).toEqual({
      version: 0,
      reason: `expected meta.${name} to be ${expected}`,
    });
  });

  it('has a deadline larger than any integer, which Redis could not use as an expiry', () => {
    expect(decodeJob('["job-1",1,{"d":1e300}]')).toEqual({
      version: 0,
      reason: expect.stringContaining('meta.d'),
    });
  });
});
