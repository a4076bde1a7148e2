import { expect, it } from 'vitest';
import { Chaos } from './chaos.js';
import type { Story } from './ledger.js';
import { few } from './verdict.js';

const first = Number(process.env['CHAOS_SEED'] ?? 1);
const seeds = Array.from({ length: Number(process.env['CHAOS_SEEDS'] ?? 1) }, (_, n) => first + n);
const seconds = Number(process.env['CHAOS_MINUTES'] ?? 0.5) * 60;
const only = process.env['CHAOS_ONLY']?.split(',') ?? [];

it.each(seeds)(
  `no job is lost and no caller hangs, whatever happens for ${seconds} s (seed %d)`,
  async (seed) => {
    const { stories, faults, wrongs, leftKeys } = await Chaos.run(seed, seconds, only);
    const all = [...stories.values()];
    const again = all.filter(({ runs }) => runs.length > 1).length;
    process.stdout.write(
      `seed ${seed}: ${all.length} requests, ${faults.length} faults, ${again} run more than once, ` +
        `ends ${JSON.stringify(countEnds(all))}\n`,
    );
    expect({ wrongs: few(wrongs), leftKeys }).toEqual({ wrongs: [], leftKeys: [] });
    expect(countEnds(all)['complete']).toBeGreaterThan(0);
  },
  seconds * 1_000 + 180_000,
);

function countEnds(stories: readonly Story[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const end of stories.flatMap(({ ends }) => ends)) {
    counts[end] = (counts[end] ?? 0) + 1;
  }
  return counts;
}
