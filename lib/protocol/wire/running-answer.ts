import { readJson } from './read-json.js';

/** One run, as its worker tells of it. */
export interface ToldRun {
  readonly id: string | number;
  /** When the handler was called, ms, Redis clock. */
  readonly since: number;
  /** The number of the delivery, from 1. */
  readonly attempt: number;
}

/** The answer of a worker to the question what it runs. */
export interface RunningAnswer {
  readonly worker: string;
  readonly runs: readonly ToldRun[];
}

/** Most runs that one worker tells of: the longest ones. */
const MAX_TOLD_RUNS = 1_000;

export function encodeRunningAnswer({ worker, runs }: RunningAnswer): string {
  const told = runs.toSorted((one, other) => one.since - other.since).slice(0, MAX_TOLD_RUNS);
  return JSON.stringify([worker, told.map(({ id, since, attempt }) => [id, since, attempt])]);
}

/** @returns `undefined` for an unreadable answer: any process may have pushed it. */
export function decodeRunningAnswer(text: string): RunningAnswer | undefined {
  const answer = readJson(text);
  if (!Array.isArray(answer) || typeof answer[0] !== 'string' || !Array.isArray(answer[1])) {
    return undefined;
  }
  const [worker, runs] = answer as [string, unknown[]];
  return { worker, runs: runs.flatMap((run) => readRun(run) ?? []) };
}

function readRun(run: unknown): ToldRun | undefined {
  const [id, since, attempt] = Array.isArray(run) ? (run as unknown[]) : [];
  const isId = typeof id === 'string' || typeof id === 'number';
  return isId && typeof since === 'number' && typeof attempt === 'number'
    ? { id, since, attempt }
    : undefined;
}
