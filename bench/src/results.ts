import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import type { Round } from './measured-system.js';
import type { Scenario } from './scenarios.js';
import type { System } from './systems/system.js';

/** The name of the system that all others are compared with. */
export const OURS = 'nestjs-reqrep';

/** What became of one system in one scenario. */
export interface Result {
  readonly system: string;
  readonly scenario: string;
  /** Connections to Redis that its processes held. */
  readonly connections?: number;
  /** Resident memory of the requester with the requests that wait beside those of the load, bytes. */
  readonly pendingRss?: number;
  readonly rounds: readonly Round[];
  /** Why it was not measured, or not to the end. */
  readonly failure?: string;
}

/** Everything that one run has measured, as `--json` writes it. */
export interface Results {
  readonly date: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly systems: readonly Pick<System, 'name' | 'title' | 'server' | 'setup'>[];
  readonly scenarios: readonly Scenario[];
  readonly results: readonly Result[];
}

/** What the rounds of a result come down to. */
export interface Summary {
  /** Requests or values per second, the median of the rounds. */
  readonly rate: number;
  /** How far the rounds lie apart, as a share of the median. */
  readonly spread: number;
  /** ms. */
  readonly p50?: number;
  readonly p99?: number;
  /** CPU of a request, us. */
  readonly requesterCpu: number;
  readonly workerCpu: number;
  readonly redisCpu?: number;
  /** That of each node of a Cluster. */
  readonly redisCpuOfEach?: readonly number[];
  /** Most resident memory, bytes. */
  readonly requesterRss: number;
  readonly workerRss: number;
  /** Commands that Redis carried out, per second. */
  readonly commands?: number;
}

/** @returns what a system was measured at in a scenario, if it was. */
export function resultOf(
  { results }: Results,
  scenario: string,
  system: string,
): Result | undefined {
  return results.find((each) => each.scenario === scenario && each.system === system);
}

export function summaryOf({ rounds }: Pick<Result, 'rounds'>): Summary | undefined {
  if (rounds.length === 0) {
    return undefined;
  }
  const over = (read: (round: Round) => number): number => median(rounds.map(read));
  const rates = rounds.map(({ count, elapsed }) => (count / elapsed) * 1_000);
  const rate = median(rates);
  const each = (read: (round: Round) => number): number =>
    over((round) => read(round) / (round.count || 1));
  return {
    rate,
    spread: rate === 0 ? 0 : (Math.max(...rates) - Math.min(...rates)) / rate,
    ...(rounds[0]?.latency && {
      p50: over((round) => round.latency?.p50 ?? 0),
      p99: over((round) => round.latency?.p99 ?? 0),
    }),
    requesterCpu: each(({ requester }) => requester.cpu),
    workerCpu: each(({ workers }) => workers.cpu),
    ...(rounds[0]?.redis && {
      redisCpu: each(({ redis }) => redis?.cpu ?? 0),
      ...(rounds[0].redis.cpuOfEach && {
        redisCpuOfEach: rounds[0].redis.cpuOfEach.map((_, node) =>
          each(({ redis }) => redis?.cpuOfEach?.[node] ?? 0),
        ),
      }),
      commands: over(({ redis, elapsed }) => ((redis?.commands ?? 0) / elapsed) * 1_000),
    }),
    requesterRss: Math.max(...rounds.map(({ requester }) => requester.rss)),
    workerRss: Math.max(...rounds.map(({ workers }) => workers.rss)),
  };
}

export const describeMachine = (): string =>
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;

export async function writeResults(file: string, results: Results): Promise<void> {
  await writeFile(file, `${JSON.stringify(results, undefined, 1)}\n`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
