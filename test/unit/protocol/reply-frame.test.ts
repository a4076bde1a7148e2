import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeError, encodeReply } from '../../../lib/protocol/reply-frame.js';

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

  it.each(['"', 'naïve ☃ 🎉', '\ud83c', ''])('carries an id of odd characters: %j', (id) => {
    expect(decodeFrame(encodeReply(id, '1'))).toEqual({ kind: 'r', id, payload: 1 });
  });
});

describe('an error', () => {
  it('carries its form', () => {
    const form = { name: 'TypeError', message: 'oops', code: 'E_OOPS', details: { a: 1 } };
    const text = encodeError('job-1', form);
    expect(JSON.parse(text)).toEqual(['job-1', 'e', form]);
    expect(decodeFrame(text)).toEqual({ kind: 'e', id: 'job-1', error: form });
  });

  it('is still an error when its form cannot be read', () => {
    expect(decodeFrame('["job-1","e"]')).toEqual({
      kind: 'e',
      id: 'job-1',
      error: { name: 'Error', message: 'the worker gave no reason' },
    });
  });
});

describe('a value of a stream', () => {
  it('belongs to the first attempt unless it says otherwise', () => {
    const first = { kind: 'n', id: 'job-1', payload: 5, attempt: 1 };
    expect(decodeFrame('["job-1","n",5]')).toEqual(first);
    expect(decodeFrame('["job-1","n",5,"2"]')).toEqual(first);
    expect(decodeFrame('["job-1","n",5,2]')).toEqual({ ...first, attempt: 2 });
  });

  it('keeps null as null and an absent payload as `undefined`', () => {
    expect(decodeFrame('["job-1","n",null]')).toMatchObject({ payload: null });
    expect(decodeFrame('["job-1","n"]')).toMatchObject({ payload: undefined });
  });
});

it('reads the end of a stream', () => {
  expect(decodeFrame('["job-1","c"]')).toEqual({ kind: 'c', id: 'job-1' });
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
])('reads nothing from what is %s', (_, text) => {
  expect(decodeFrame(text)).toBeUndefined();
});
