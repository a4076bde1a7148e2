import { describe, expect, it } from 'vitest';
import { PayloadTooLargeError, SerializationError } from '../../../lib/errors/index.js';
import { checkPayloadSize, encodePayload } from '../../../lib/protocol/wire/payload.js';
import { thrownBy } from '../support/thrown-by.js';

describe('the encoding of a payload', () => {
  it.each([null, 0, '', false, 'naïve ☃ 🎉', [1, [2]], { a: { b: null } }])(
    'writes %j',
    (value) => {
      expect(JSON.parse(encodePayload(value, 'reports', 'request') ?? '')).toEqual(value);
    },
  );

  it('writes what `toJSON` returns', () => {
    expect(encodePayload({ toJSON: () => 'text' }, 'reports', 'request')).toBe('"text"');
  });

  it('is `undefined` for `undefined`', () => {
    expect(encodePayload(undefined, 'reports', 'reply')).toBeUndefined();
  });

  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const broken = new RangeError('no JSON today');
  const throwing = {
    toJSON() {
      throw broken;
    },
  };

  it.each([
    ['a cycle', cycle, /circular/],
    ['a BigInt', { n: 1n }, /BigInt/],
    ['a function', () => 1, /JSON cannot express a function/],
    ['a symbol', Symbol('s'), /JSON cannot express a symbol/],
    ['a throwing `toJSON`', throwing, /no JSON today/],
    ['a `toJSON` that returns nothing', { toJSON: () => undefined }, /JSON cannot express/],
  ])('rejects %s', (_, value, reason) => {
    for (const direction of ['request', 'reply'] as const) {
      const error = thrownBy(() => encodePayload(value, 'reports', direction));
      expect(error).toBeInstanceOf(SerializationError);
      expect(error).toMatchObject({
        queue: 'reports',
        direction,
        reason: expect.stringMatching(reason),
      });
    }
  });

  it('keeps the thrown error as the cause', () => {
    expect(thrownBy(() => encodePayload(throwing, 'reports', 'reply'))).toHaveProperty(
      'cause',
      broken,
    );
  });
});

describe('the limit of a payload', () => {
  it.each([
    ['ASCII', 'a', 1],
    ['two bytes each', 'ï', 2],
    ['three bytes each', '☃', 3],
    ['four bytes each', '🎉', 4],
  ])('is exact to the byte: %s', (_, character, bytes) => {
    const text = character.repeat(300);
    const size = 300 * bytes;
    expect(() => checkPayloadSize(text, size, 'reports', 'request')).not.toThrow();
    const error = thrownBy(() => checkPayloadSize(text, size - 1, 'reports', 'request'));
    expect(error).toBeInstanceOf(PayloadTooLargeError);
    expect(error).toMatchObject({
      queue: 'reports',
      direction: 'request',
      size,
      maxPayload: size - 1,
    });
  });

  it('names the direction of the payload', () => {
    const error = thrownBy(() => checkPayloadSize('text', 3, 'reports', 'reply'));
    expect(error).toMatchObject({ direction: 'reply', size: 4, maxPayload: 3 });
  });

  it('accepts an empty text', () => {
    expect(() => checkPayloadSize('', 0, 'reports', 'reply')).not.toThrow();
  });
});
