import { describe, expect, it } from 'vitest';
import {
  limitsOf,
  signalsOf,
  withInheritedHeaders,
} from '../../../lib/client/calls/inheritance.js';

function parentWith(left: number, headers: Record<string, string> = {}) {
  const controller = new AbortController();
  return {
    abort: controller,
    signal: controller.signal,
    headers,
    hasEnded: false,
    timeLeft: () => left,
  };
}

const usual = (timeout: number) => ({ timeout, idleTimeout: 0, isInherited: false });

describe('the time of a request', () => {
  it.each([
    ['its own where it has no parent', 5_000, undefined, 5_000, false],
    ['its own where that is less', 5_000, 6_000, 5_000, false],
    ["its parent's where that is less", 5_000, 4_000.9, 4_000, true],
    ["its parent's where it has no limit", 0, 4_000, 4_000, true],
    ['none where neither has a limit', 0, Infinity, 0, false],
    ["none of its parent's that has none left", 5_000, 0, 0, true],
  ])('is %s', (_, own, left, timeout, isInherited) => {
    const parent = left === undefined ? undefined : parentWith(left);
    const limits = { timeout, idleTimeout: 0, isInherited };
    expect(limitsOf({}, usual(own), parent)).toEqual(limits);
    expect(limitsOf({ timeout: own }, usual(1), parent)).toEqual(limits);
  });

  it('between two values is not inherited', () => {
    expect(limitsOf({ idleTimeout: 20 }, usual(5_000), parentWith(10)).idleTimeout).toBe(20);
  });

  it('is one shared object for requests without options and parent', () => {
    const limits = usual(5_000);
    expect(limitsOf({}, limits, undefined)).toBe(limits);
    expect(limitsOf({ headers: {} }, limits, parentWith(Infinity))).toBe(limits);
    expect(limitsOf({ timeout: 4_000 }, limits, undefined)).toEqual(usual(4_000));
  });
});

describe('the headers of a request', () => {
  const names = ['trace', 'toString'];

  it("are its own, and those of its parent's that are chosen", () => {
    const parent = parentWith(0, { trace: 'theirs', secret: 'theirs' });
    expect(withInheritedHeaders({}, parent, names)).toEqual({ headers: { trace: 'theirs' } });
    expect(withInheritedHeaders({ headers: { own: '1' } }, parent, names)).toEqual({
      headers: { trace: 'theirs', own: '1' },
    });
    expect(withInheritedHeaders({ headers: { trace: 'own' } }, parent, names)).toEqual({
      headers: { trace: 'own' },
    });
  });

  it('are not copied if there is nothing to inherit', () => {
    const options = { timeout: 1 };
    expect(withInheritedHeaders(options, undefined, names)).toBe(options);
    expect(withInheritedHeaders(options, parentWith(0), names)).toBe(options);
    const original = { protocol: 1 } as const;
    expect(withInheritedHeaders(original, parentWith(0, { trace: '1' }), names)).toBe(original);
  });
});

describe('the signals of a request', () => {
  it("is its signal, and its parent's", () => {
    const { signal } = new AbortController();
    const parent = parentWith(Infinity);
    expect(signalsOf({ signal }, parent)).toEqual([signal, parent.signal]);
    expect(signalsOf({}, parent)).toEqual([parent.signal]);
    expect(signalsOf({ signal }, undefined)).toEqual([signal]);
  });
});
