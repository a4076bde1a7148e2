import { lastValueFrom } from 'rxjs';
import type { Mistake } from '../mistake.js';
import { workerOf } from '../providers.js';
import { errorOf, type Scene } from '../scene.js';

/** What a request with this data, or with a handler that answers it, ends with. */
async function toldOf(
  scene: Scene,
  data: unknown,
  answer?: (data: unknown) => unknown,
): Promise<string[]> {
  const { client } = await scene.start({}, [workerOf('reports', answer)]);
  return [await errorOf(() => lastValueFrom(client.send('reports', data)))];
}

const cycle = (): object => {
  const report: Record<string, unknown> = {};
  report['self'] = report;
  return report;
};

export const values: Mistake[] = [
  { title: 'The data has a cycle', provoke: (scene) => toldOf(scene, cycle()) },
  { title: 'The data has a BigInt', provoke: (scene) => toldOf(scene, { amount: 1n }) },
  {
    title: 'The data has a Map',
    provoke: (scene) => toldOf(scene, { rows: new Map([['A7', 1]]) }),
  },
  {
    title: 'The reply is a Set',
    provoke: (scene) => toldOf(scene, {}, () => new Set(['A7'])),
  },
  { title: 'The data is too large', provoke: (scene) => toldOf(scene, 'x'.repeat(1_100_000)) },
  {
    title: 'The reply is too large',
    provoke: (scene) => toldOf(scene, {}, () => 'x'.repeat(1_100_000)),
  },
];
