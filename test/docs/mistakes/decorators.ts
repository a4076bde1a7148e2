import { JobData, OnJob } from '../../../lib/index.js';
import type { Mistake } from '../mistake.js';
import { errorOf } from '../scene.js';

/** Calls a decorator as a compiler would, however wrong that is for its types. */
const decorate = async (decorator: unknown, ...args: unknown[]): Promise<string[]> => [
  await errorOf(() => Reflect.apply(decorator as () => void, undefined, args)),
];

export const decorators: Mistake[] = [
  {
    title: '@OnJob is on an arrow function',
    provoke: () => decorate(OnJob<string>('reports'), class ReportWorker {}.prototype, 'render'),
  },
  {
    title: '@OnJob is on a class',
    provoke: () => decorate(OnJob<string>('reports'), class ReportWorker {}),
  },
  {
    title: '@OnJob is on a static method',
    provoke: () => {
      class ReportWorker {
        static render(): void {}
      }
      const descriptor = Object.getOwnPropertyDescriptor(ReportWorker, 'render');
      return decorate(OnJob<string>('reports'), ReportWorker, 'render', descriptor);
    },
  },
  {
    title: '@OnJob is compiled without experimentalDecorators',
    provoke: () =>
      decorate(OnJob<string>('reports'), () => undefined, {
        kind: 'method',
        name: 'render',
        addInitializer: () => undefined,
      }),
  },
  {
    title: '@OnJob has no parentheses',
    provoke: () => {
      const descriptor = { value: (): void => {} };
      return decorate(OnJob, class ReportWorker {}.prototype, 'render', descriptor);
    },
  },
  {
    title: '@JobData gets what is no pipe',
    provoke: async () => [
      await errorOf(() => {
        const decorator: unknown = Reflect.apply(JobData, undefined, [{ shema: {} }]);
        const place = [class ReportWorker {}.prototype, 'render', 0];
        Reflect.apply(decorator as () => void, undefined, place);
      }),
    ],
  },
];
