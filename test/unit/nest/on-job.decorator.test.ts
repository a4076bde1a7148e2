import { expect, it } from 'vitest';
import { decoratedMethodsOf } from '../../../lib/nest/handlers/decorated-methods.js';
import { nameOfRoute } from '../../../lib/nest/handlers/job-routes.js';
import { JobCtx, JobData } from '../../../lib/nest/pipeline/job-parameters.js';
import { OnJob } from '../../../lib/nest/handlers/on-job.decorator.js';

/** Returns the routes of one method of an object. */
const routesOf = (instance: object, name: string) =>
  decoratedMethodsOf(Object.getPrototypeOf(instance) as object)
    .filter(({ method }) => method === name)
    .map(({ queue, options }) => ({ queue, options }));

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

it('stores the queue of a method', () => {
  expect(routesOf(new Base(), 'plain')).toEqual([{ queue: 'plain', options: {} }]);
});

it('stores the options unchanged', () => {
  expect(routesOf(new Base(), 'withOptions')).toEqual([
    {
      queue: 'with-options',
      options: { concurrency: 8, timeout: 5_000, maxDeliveries: 1, instance: 'billing' },
    },
  ]);
});

it('can decorate a method more than once', () => {
  const routes = routesOf(new Base(), 'stacked');
  expect(routes).toHaveLength(3);
  expect(routes).toEqual(
    expect.arrayContaining([
      { queue: 'one', options: { concurrency: 1 } },
      { queue: 'two', options: { concurrency: 2 } },
      { queue: 'three', options: {} },
    ]),
  );
});

it('is inherited together with the method', () => {
  expect(routesOf(new Derived(), 'plain')).toEqual([{ queue: 'plain', options: {} }]);
});

it('is not inherited by an overriding method', () => {
  expect(routesOf(new Derived(), 'withOptions')).toEqual([]);
  expect(routesOf(new Derived(), 'stacked')).toEqual([{ queue: 'more', options: {} }]);
});

it('on an overriding method does not change the base class', () => {
  expect(routesOf(new Base(), 'stacked')).toHaveLength(3);
  expect(new Base().plain()).toBe('plain');
});

it('has no routes for a method without it, nor for a property that is no method', () => {
  expect(routesOf(new Base(), 'without')).toEqual([]);
  expect(decoratedMethodsOf({ plain: 'a text' })).toEqual([]);
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
])('is rejected on %s, where it would never be found', (_, declare, where) => {
  expect(declare).toThrow(`Expected @OnJob("plain") to be on an instance method, got ${where}`);
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

it("accepts `parameters: 'decorated'` only if each parameter has a decorator", () => {
  class Decorated {
    @OnJob('plain', { parameters: 'decorated' })
    run(@JobData('id') id: string, @JobCtx() _job: unknown): string {
      return id;
    }
  }
  expect(routesOf(new Decorated(), 'run')).toHaveLength(1);
  expect(() => {
    class Bare {
      @OnJob('plain', { parameters: 'decorated' })
      run(@JobData('id') id: string, _job: unknown): string {
        return id;
      }
    }
    return Bare;
  }).toThrow(
    'Expected parameter 2 of the method "run" with @OnJob("plain") to be decorated, such as with @JobData or @JobCtx, ' +
      "because of `parameters: 'decorated'`, got no decorator",
  );
});
