import { expect, it } from 'vitest';
import { adviceWithoutWorkers } from '../../../lib/errors/served-here.js';
import { workersHere } from '../../../lib/core/workers-here.js';
import type { ReplyWorkers } from '../../../lib/worker/reply-workers.js';

interface Facts {
  readonly state?: ReplyWorkers['status']['state'];
  readonly isPaused?: boolean;
  readonly refusal?: string;
  readonly wasStarted?: boolean;
  readonly isServing?: boolean;
}

const here = (
  { state = 'stopped', isPaused = false, refusal, wasStarted = false, isServing = true }: Facts,
  option: boolean | 'manual' = true,
) => {
  const own = { queue: 'reports', handler: 'W#run', concurrency: 1, busy: 0, isPaused, refusal };
  const workers = { isServing, wasStarted, status: { state, queues: isServing ? [own] : [] } };
  return workersHere(workers as unknown as ReplyWorkers, option, 'reports');
};

it.each<[string, ReturnType<typeof here>, string]>([
  ['before its handlers are known', here({ isServing: false }), 'is still starting'],
  ['before its start', here({}), '(W#run), but its workers start only after the last onModuleInit'],
  ['that is started by hand', here({}, 'manual'), 'call start() of ReplyWorkers first'],
  ['without workers', here({}, false), '(`workers: false`): remove that option'],
  ['that was stopped', here({ wasStarted: true }), 'was stopped: call start() of ReplyWorkers'],
  ['that is starting', here({ state: 'starting' }), 'has not registered in Redis yet'],
  ['that is refused', here({ state: 'starting', refusal: 'Redis refuses' }), ': Redis refuses.'],
])('the advice fits a process %s', (_, known, text) => {
  expect(adviceWithoutWorkers('reports', known)).toContain(text);
});

it('the advice for a process without a handler is to start one', () => {
  const workers = { isServing: true, status: { state: 'running', queues: [] } };
  const known = workersHere(workers as unknown as ReplyWorkers, true, 'reports');
  expect(adviceWithoutWorkers('reports', known)).toBe(`Start a process with @OnJob('reports').`);
});
