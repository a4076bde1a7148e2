import { runInNewContext } from 'node:vm';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { SerializationError } from '../../../lib/errors/index.js';
import { findLostValue } from '../../../lib/protocol/wire/lost-values.js';
import { encodePayload } from '../../../lib/protocol/wire/payload.js';
import { thrownBy } from '../support/thrown-by.js';

class Hidden {
  readonly #total = 7;
  get total(): number {
    return this.#total;
  }
}

class Shown {
  readonly #total = 7;
  toJSON(): object {
    return { total: this.#total };
  }
}

class Entity {
  readonly id = 7;
  get label(): string {
    return `${this.id}`;
  }
  touch(): void {}
}

class Ack {}

class Ranking extends Map<string, number> {}

function* numbers() {
  yield 1;
}

async function* later() {
  yield 1;
}

describe('a value whose content JSON would lose', () => {
  it.each<[string, unknown, string]>([
    ['a Map', new Map([['a', 1]]), '`Object.fromEntries(map)` or `[...map]`'],
    ['a Map', new Ranking([['a', 1]]), '`Object.fromEntries(map)` or `[...map]`'],
    ['a Map', runInNewContext('new Map([["a", 1]])'), 'Object.fromEntries(map)'],
    ['a Set', new Set([1]), '`[...set]`'],
    ['a WeakMap', new WeakMap(), 'plain data'],
    ['a WeakSet', new WeakSet(), 'plain data'],
    ['a RegExp', /a/u, '`regExp.source`'],
    ['a Promise', Promise.resolve(1), '`await` it'],
    ['a Promise', Object.assign(new Ack(), { then: () => 1 }), '`await` it'], // oxlint-disable-line unicorn/no-thenable
    ['an iterator', numbers(), '`[...iterator]`'],
    ['an iterator', new Map([['a', 1]]).values(), '`[...iterator]`'],
    ['an AsyncIterable', later(), 'its values, in an array'],
    ['an Observable', of(1), '`await lastValueFrom(observable)`'],
    ['an iterable (URLSearchParams)', new URLSearchParams('a=1'), '`[...iterable]`'],
    ['an iterable (Headers)', new Headers({ a: '1' }), '`[...iterable]`'],
    ['an ArrayBuffer', new ArrayBuffer(2), "toString('base64')"],
    ['a Uint8Array', new Uint8Array([1, 2]), "toString('base64')"],
    ['a DataView', new DataView(new ArrayBuffer(2)), "toString('base64')"],
    ['an Int32Array', new Int32Array([1, 2]), '`Array.from(array)`'],
    ['a Float64Array', new Float64Array(2), '`Array.from(array)`'],
    ['a Buffer', Buffer.from('ab'), "`buffer.toString('base64')`, or `buffer.toJSON()`"],
    ['a Blob', new Blob(['ab']), 'blob.arrayBuffer()'],
    ['an Error', new Error('oops'), 'throw it from the handler'],
    ['an Error (TypeError)', Object.assign(new TypeError('oops'), { code: 'E' }), 'error.message'],
    ['an Error (TypeError)', runInNewContext('new TypeError("oops")'), 'error.message'],
    ['an Error (DOMException)', new DOMException('oops'), 'error.message'],
    ['an object (Hidden) whose values are behind getters', new Hidden(), '`toJSON()`'],
  ])('is found at any depth: %s', (what, value, instead) => {
    expect(findLostValue(value)).toMatchObject({ path: '', what });
    expect(findLostValue(value)?.instead).toContain(instead);
    expect(findLostValue({ items: [{}, { byId: value }] })).toMatchObject({
      path: 'items[1].byId',
      what,
    });
    expect(findLostValue([[value]])).toMatchObject({ path: '[0][0]', what });
    const entity = Object.assign(new Entity(), { more: value });
    expect(findLostValue(entity)).toMatchObject({ path: 'more', what });
  });

  it('is rejected with the queue, the path, the kind and what to send instead', () => {
    const value = { 'by id': { 7: new Set([1]) } };
    const error = thrownBy(() => encodePayload(value, 'reports', 'reply'));
    expect(error).toBeInstanceOf(SerializationError);
    expect(error).toMatchObject({
      message:
        'The reply from queue "reports" cannot be written as JSON: `["by id"]["7"]` is a Set, whose content JSON would ' +
        'lose. Send `[...set]`.',
      instead: '`[...set]`',
    });
    expect(thrownBy(() => encodePayload(new Map(), 'reports', 'request'))).toMatchObject({
      message:
        'The request to queue "reports" cannot be written as JSON: it is a Map, whose content JSON would lose. Send ' +
        '`Object.fromEntries(map)` or `[...map]`.',
    });
  });

  it('has a readable path, however long its keys are', () => {
    let value: object = new Map();
    for (let depth = 0; depth < 40; depth++) {
      value = { [`${'k'.repeat(1_000)}${depth}`]: value };
    }
    expect(findLostValue(value)?.path.length).toBeLessThan(1_000);
  });
});

describe('a value that JSON writes as expected', () => {
  const twice = { a: 1 };
  it.each<[string, unknown]>([
    ['plain data', { a: [1, 'x', null, true, { b: {} }], c: [] }],
    ['an empty object', {}],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['an object of another realm', runInNewContext('({ a: {}, b: [{}] })')],
    ['what is there twice', [twice, twice]],
    ['a Date', { at: new Date(0) }],
    ['a URL', new URL('http://localhost/')],
    ['an object of a class', [new Entity()]],
    ['an empty object of a class', { done: new Ack() }],
    ['a class with a `toJSON`', { shown: new Shown() }],
    ['an object whose own `toJSON` says something else', { map: new Map(), toJSON: () => 'text' }],
    ['a text that was made an object', Object('text')],
    ['NaN, `undefined` and functions', { a: NaN, b: [undefined], c: () => 1 }],
    ['a Buffer that says its form', Buffer.from('ab').toJSON()],
    ['what is only inherited', Object.create({ map: new Map() })],
  ])('is accepted: %s', (_, value) => {
    expect(findLostValue(value)).toBeUndefined();
    expect(encodePayload(value, 'reports', 'reply')).toBe(JSON.stringify(value));
  });

  it('is accepted even if reading it a second time throws', () => {
    let looks = 0;
    const value = {
      get odd(): number {
        if (++looks > 1) {
          throw new Error('no');
        }
        return 1;
      },
    };
    expect(encodePayload(value, 'reports', 'reply')).toBe('{"odd":1}');
  });

  it('is accepted at any depth', () => {
    let value: unknown = 1;
    for (let depth = 0; depth < 3_000; depth++) {
      value = [value];
    }
    expect(encodePayload(value, 'reports', 'reply')).toHaveLength(6_001);
  });
});
