import { types } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseWireError, type WireError } from '../../../lib/protocol/wire/wire-error.js';
import { ErrorRegistry } from '../../../lib/protocol/wire/error-registry.js';

class Declined extends Error {
  readonly code = 'DECLINED';

  constructor(
    readonly account: string,
    readonly amount: number,
  ) {
    super(`${account} has no ${amount}`);
  }
}

class NotToday extends Declined {
  override name = 'NotToday';
}

const registry = new ErrorRegistry([Declined]);

/** Encodes an error into a frame and decodes it. */
const travel = (form: WireError | undefined): WireError =>
  parseWireError(JSON.parse(JSON.stringify(form)));

describe('an error of a registered class', () => {
  it('comes back as itself, with its message and its fields', () => {
    const { stack, ...form } = registry.describe(new Declined('ann', 5)) as WireError;
    const error = registry.revive(travel(form));
    expect(error).toBeInstanceOf(Declined);
    expect(error).toMatchObject({
      message: 'ann has no 5',
      account: 'ann',
      amount: 5,
      code: 'DECLINED',
    });
    expect(types.isNativeError(error)).toBe(true);
    expect(error?.stack).toContain('ann has no 5');
    expect(error?.stack).not.toBe(stack);
  });

  it('has the name of the class, not the `name` that few classes set', () => {
    expect(registry.describe(new Declined('ann', 5))).toMatchObject({ name: 'Declined' });
  });

  it('comes back as the nearest registered ancestor of its class', () => {
    const error = registry.revive(travel(registry.describe(new NotToday('ann', 5))));
    expect(Object.getPrototypeOf(error)).toBe(Declined.prototype);
    expect(error).toMatchObject({ name: 'NotToday', account: 'ann' });
  });

  it('has the stack of the worker if it was sent', () => {
    const form = registry.describe(new Declined('ann', 5)) as WireError;
    expect(registry.revive(travel(form))?.stack).toBe(form.stack);
  });

  it('loses only the fields that JSON cannot write', () => {
    const odd = Object.assign(new Declined('ann', 5), {
      big: 1n,
      self: {} as unknown,
      stack: 'secret',
    });
    odd.self = odd;
    const { fields } = registry.describe(odd) as WireError;
    expect(fields).toEqual({ account: 'ann', amount: 5, code: 'DECLINED' });
  });

  it('is still an error if its fields cannot be read at all', () => {
    const odd = new Declined('ann', 5);
    Object.defineProperty(odd, 'bad', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(registry.describe(odd)).toMatchObject({ name: 'Declined', fields: {} });
  });

  it('keeps its readable fields if another one cannot be read', () => {
    const odd = Object.defineProperty(new Declined('ann', 5), 'bad', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(registry.describe(odd)?.fields).toEqual({ account: 'ann', amount: 5, code: 'DECLINED' });
  });

  it('comes without fields that would hide its methods, name, message or stack', () => {
    const fields = { toString: 1, constructor: {}, message: {}, name: 5, stack: [], amount: 5 };
    const error = registry.revive({ name: 'Declined', message: 'm', fields });
    expect(String(error)).toBe('Error: m');
    expect(error).toMatchObject({ amount: 5, message: 'm', constructor: Declined });
    expect(error?.stack).toBeTypeOf('string');
  });

  it('is described by its nearest registered class, even if a prototype before it has no constructor', () => {
    const prototype = Object.create(Declined.prototype, { constructor: { value: undefined } });
    const odd = Object.setPrototypeOf(new Declined('ann', 5), prototype);
    expect(registry.describe(odd)).toMatchObject({ name: 'Declined', fields: { amount: 5 } });
  });

  it('can neither change a prototype nor fail at an accessor of its class', () => {
    class Guarded extends Error {
      get account() {
        return 'own';
      }
    }
    const text =
      '{"name":"Guarded","message":"m","fields":{"__proto__":{"bad":1},"account":"ann"}}';
    const error = new ErrorRegistry([Guarded]).revive(parseWireError(JSON.parse(text)));
    expect(error).toBeInstanceOf(Guarded);
    expect(error?.['account' as never]).toBe('ann');
    expect(({} as { bad?: number }).bad).toBeUndefined();
  });
});

describe('any other error', () => {
  it('is described as without a registry', () => {
    const form = { name: 'Error', message: 'known otherwise' };
    expect(registry.describe(new Error('m'))).toBeUndefined();
    expect(registry.describe('text')).toBeUndefined();
    expect(registry.describe(new Error('m'), () => form)).toBe(form);
    expect(registry.describe(new Declined('ann', 5), () => form)).toMatchObject({
      ...form,
      name: 'Declined',
    });
  });

  it('of the same name, whose class the worker did not register, is not revived', () => {
    expect(
      registry.revive({ name: 'Declined', message: 'm', details: { account: 'x' } }),
    ).toBeUndefined();
    expect(registry.revive({ name: 'Other', message: 'm', fields: {} })).toBeUndefined();
    expect(registry.revive({ name: 'toString', message: 'm', fields: {} })).toBeUndefined();
  });

  it('of another class of the same name is not described', () => {
    const Other = { Declined: class extends Error {} }.Declined;
    expect(registry.describe(new Other())).toBeUndefined();
  });
});
