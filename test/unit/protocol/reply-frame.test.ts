import { describe, expect, it } from 'vitest';
import {
  decodeFrame,
  encodeEnd,
  encodeError,
  encodeReply,
  encodeValue,
} from '../../../lib/protocol/wire/reply-frame.js';

describe('a reply', () => {
  it('is the array of id, kind and payload', () => {
    expect(encodeReply('job-1', '{"a":1}')).toBe('["job-1","r",{"a":1}]');
    expect(decodeFrame('["job-1","r",{"a":1}]')).toEqual({
      kind: 'r',
      id: 'job-1',
      payload: { a: 1 },
    });
  });

  it('has no payload for `undefined`', () => {
    const text = encodeReply('job-1');
    expect(text).toBe('["job-1","r"]');
    const frame = decodeFrame(text);
    expect(frame).toEqual({ kind: 'r', id: 'job-1', payload: undefined });
  });

  it('keeps null as null', () => {
    expect(decodeFrame(encodeReply('job-1', 'null'))).toEqual({
      kind: 'r',
      id: 'job-1',
      payload: null,
    });
  });

  it.each(['"', 'naïve ☃ 🎉', '\ud83c', ''])('may have an id with special characters: %j', (id) => {
    expect(decodeFrame(encodeReply(id, '1'))).toEqual({ kind: 'r', id, payload: 1 });
  });
});

describe('an error', () => {
  it('contains the wire error', () => {
    const form = { name: 'TypeError', message: 'oops', code: 'E_OOPS', details: { a: 1 } };
    const text = encodeError('job-1', form);
    expect(JSON.parse(text)).toEqual(['job-1', 'e', form]);
    expect(decodeFrame(text)).toEqual({ kind: 'e', id: 'job-1', error: form });
  });

  it('is still an error if it cannot be read', () => {
    expect(decodeFrame('["job-1","e"]')).toEqual({
      kind: 'e',
      id: 'job-1',
      error: { name: 'Error', message: 'the worker gave no reason' },
    });
  });
});

describe('a frame of a stream', () => {
  const position = { attempt: 2, index: 3, run: 'run "1"' };

  it('is a value with its position', () => {
    const text = encodeValue('job-1', '{"a":1}', position);
    expect(text).toBe('["job-1","n",{"a":1},2,3,"run \\"1\\""]');
    expect(decodeFrame(text)).toEqual({ kind: 'n', id: 'job-1', payload: { a: 1 }, position });
  });

  it('contains `undefined` as null', () => {
    const frame = decodeFrame(encodeValue('job-1', undefined, position));
    expect(frame).toEqual({ kind: 'n', id: 'job-1', payload: null, position });
  });

  it('is the end of the stream with the number of values', () => {
    const text = encodeEnd('job-1', position);
    expect(text).toBe('["job-1","c",null,2,3,"run \\"1\\""]');
    expect(decodeFrame(text)).toEqual({ kind: 'c', id: 'job-1', position });
  });

  it('is an error that ends the stream', () => {
    const error = { name: 'Error', message: 'broken' };
    const frame = decodeFrame(encodeError('job-1', error, position));
    expect(frame).toEqual({ kind: 'e', id: 'job-1', error, position });
  });

  it.each([
    ['a value without a place', '["job-1","n",1]'],
    ['an end without a place', '["job-1","c"]'],
    ['a value with a text as its index', '["job-1","n",1,1,"0","run"]'],
    ['an end with a number as its run', '["job-1","c",null,1,0,5]'],
  ])('is ignored if it is %s', (_, text) => {
    expect(decodeFrame(text)).toBeUndefined();
  });
});

it.each([
  ['not JSON', 'hello'],
  ['nothing', ''],
  ['cut short', '["job-1","r"'],
  ['no array', '{"id":"job-1"}'],
  ['null', 'null'],
  ['a string', '"job-1"'],
  ['empty', '[]'],
  ['of an unknown kind', '["job-1","x",1]'],
  ['of no kind', '["job-1"]'],
  ['of a kind that is an inherited name', '["job-1","toString",1]'],
  ['with a number as its id', '[42,"r",1]'],
  ['with null as its id', '[null,"r",1]'],
])('a frame that is %s is ignored', (_, text) => {
  expect(decodeFrame(text)).toBeUndefined();
});
