import { parseArgs } from 'node:util';
import { scenarios, type Scenario } from './scenarios.js';
import { SYSTEMS } from './systems/all.js';
import type { System } from './systems/system.js';

export interface Plan {
  readonly systems: readonly System[];
  readonly scenarios: readonly Scenario[];
  readonly rounds: number;
  /** Of one round, ms, where its load does not say. */
  readonly ms: number;
  /** Of a round with nothing to do, ms. */
  readonly idleMs: number;
  readonly warmUpMs: number;
  /** How long requests are made before a round is measured, ms. */
  readonly awakenMs: number;
  readonly jsonFile: string | undefined;
}

const USAGE = `npm run bench -- [--quick] [--only NAME]... [--rounds N] [--json FILE]

  --quick      shorter rounds, and fewer: under two minutes
  --only NAME  that system or that scenario only; may be given more than once
  --rounds N   rounds of each system in each scenario (5; 2 with --quick)
  --json FILE  writes everything that was measured

  systems      ${SYSTEMS.map(({ name, isOnDemand = false }) => (isOnDemand ? `${name} (not unless it is named)` : name)).join(', ')}
  scenarios    ${scenarios(false)
    .map(({ name }) => name)
    .join(', ')}`;

/** @returns `undefined` where only help was asked for, which has been printed then. */
export function readCommandLine(args: readonly string[]): Plan | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      json: { type: 'string' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return undefined;
  }
  const isQuick = values.quick;
  const all = scenarios(isQuick);
  const unknown = values.only.filter(
    (name) => ![...SYSTEMS, ...all].some((each) => each.name === name),
  );
  if (unknown.length > 0) {
    throw new Error(`There is no system and no scenario "${unknown.join('", "')}".\n\n${USAGE}`);
  }
  const rounds = Number(values.rounds ?? (isQuick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new Error(`--rounds takes an integer >= 1, got "${values.rounds}".\n\n${USAGE}`);
  }
  return {
    systems: named(
      SYSTEMS,
      values.only,
      SYSTEMS.filter(({ isOnDemand = false }) => !isOnDemand),
    ),
    scenarios: named(all, values.only, all),
    rounds,
    ms: isQuick ? 300 : 2_000,
    warmUpMs: isQuick ? 200 : 2_000,
    awakenMs: isQuick ? 0 : 1_000,
    idleMs: isQuick ? 4_000 : 60_000,
    jsonFile: values.json,
  };
}

/** @returns those that are named, or the usual ones where none is. */
function named<Each extends { readonly name: string }>(
  all: readonly Each[],
  names: readonly string[],
  usual: readonly Each[],
): readonly Each[] {
  const chosen = all.filter(({ name }) => names.includes(name));
  return chosen.length > 0 ? chosen : usual;
}
