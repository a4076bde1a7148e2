import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { Chaos } from './chaos.js';

const seed = Number(process.env['CHAOS_SEED'] ?? randomInt(1_000_000));
const seconds = Number(process.env['CHAOS_MINUTES'] ?? 0.5) * 60;

it(
  `no job is lost and no caller hangs, whatever happens for ${seconds} s (CHAOS_SEED=${seed})`,
  async () => {
    const { stories, faults, wrongs, leftKeys } = await new Chaos(seed).run(seconds);
    const ends: Record<string, number> = {};
    for (const { ends: all } of stories.values()) {
      for (const end of all) {
        ends[end] = (ends[end] ?? 0) + 1;
      }
    }
    const again = [...stories.values()].filter(({ runs }) => runs.length > 1).length;
    process.stdout.write(
      `seed ${seed}: ${stories.size} requests, ${faults.length} faults, ${again} run more than once, ` +
        `ends ${JSON.stringify(ends)}\n`,
    );
    expect(wrongs).toEqual([]);
    expect(leftKeys).toEqual([]);
    expect(ends['complete']).toBeGreaterThan(0);
  },
  seconds * 1_000 + 120_000,
);
