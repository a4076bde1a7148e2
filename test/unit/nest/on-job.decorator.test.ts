import { expect, it } from 'vitest';
import { getJobRoutes, nameOfRoute } from '../../../lib/nest/on-job.accessor.js';
import { OnJob } from '../../../lib/nest/on-job.decorator.js';

class Base {
  @OnJob('plain')
  plain(): string {
    return 'plain';
  }

  @OnJob('with-options', { concurrency: 8, timeout: 5_000, maxDeliveries: 1, instance: 'billing' })
  withOptions(): void {}

  @OnJob('one', { concurrency: 1 })
  @OnJob('two', { concurrency: 2 })
  @OnJob('three')
  stacked(): void {}

  without(): void {}
}

class Derived extends Base {
  override withOptions(): void {}

  @OnJob('more')
  override stacked(): void {}
}

it('says which queue a method answers', () => {
  expect(getJobRoutes(Base.prototype.plain)).toEqual([{ queue: 'plain', options: {} }]);
});

it('keeps the options as they were written', () => {
  expect(getJobRoutes(Base.prototype.withOptions)).toEqual([
    {
      queue: 'with-options',
      options: { concurrency: 8, timeout: 5_000, maxDeliveries: 1, instance: 'billing' },
    },
  ]);
});

it('may stand on a method more than once', () => {
  const routes = getJobRoutes(Base.prototype.stacked);
  expect(routes).toHaveLength(3);
  expect(routes).toEqual(
    expect.arrayContaining([
      { queue: 'one', options: { concurrency: 1 } },
      { queue: 'two', options: { concurrency: 2 } },
      { queue: 'three', options: {} },
    ]),
  );
});

it('is inherited with the method', () => {
  expect(getJobRoutes(new Derived().plain)).toEqual([{ queue: 'plain', options: {} }]);
});

it('is not inherited by a method that takes the place of another', () => {
  expect(getJobRoutes(new Derived().withOptions)).toEqual([]);
  expect(getJobRoutes(new Derived().stacked)).toEqual([{ queue: 'more', options: {} }]);
});

it('leaves the methods of the base class as they are', () => {
  expect(getJobRoutes(new Base().stacked)).toHaveLength(3);
  expect(new Base().plain()).toBe('plain');
});

it.each([
  ['a method without it', new Base().without],
  ['nothing', undefined],
  ['null', null],
  ['a text', 'plain'],
  ['an object', {}],
])('says nothing of %s', (_, method) => {
  expect(getJobRoutes(method)).toEqual([]);
});

function declareStatic(): void {
  class Static {
    @OnJob('plain')
    static run(): void {}
  }
  Static.run();
}

function declareAccessor(): void {
  class Accessor {
    @OnJob('plain')
    get run(): () => void {
      return () => undefined;
    }
  }
  new Accessor().run();
}

function declareSymbol(): void {
  const run = Symbol('run');
  class Named {
    @OnJob('plain')
    [run](): void {}
  }
  new Named()[run]();
}

it.each([
  ['a method that is named by a symbol', declareSymbol, 'the symbol "Symbol(run)"'],
  ['a static method', declareStatic, 'the static method "run"'],
  ['an accessor', declareAccessor, 'the accessor "run"'],
])('is refused on %s, where it would never be found', (_, declare, where) => {
  expect(declare).toThrow(
    `Expected @OnJob("plain") to be on a method of the objects of a class, got it on ${where}`,
  );
});

it.each<[unknown, string]>([
  [10n, '@OnJob(`10` (bigint))'],
  [undefined, '@OnJob(`undefined`)'],
  [circular(), '@OnJob(an object)'],
  ['a"b', '@OnJob("a\\"b")'],
])('is named in an error whatever its queue is: %o', (queue, name) => {
  expect(nameOfRoute(queue)).toBe(name);
});

function circular(): object {
  const value: { self?: object } = {};
  value.self = value;
  return value;
}
