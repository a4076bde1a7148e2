import type { Plan } from './command-line.js';
import { MeasuredSystem, type Meters, type Round } from './measured-system.js';
import type { Result } from './results.js';
import type { Load, Scenario } from './scenarios.js';
import type { Servers } from './servers.js';

/** What was measured of all systems in one scenario. */
export interface MeasuredScenario {
  readonly scenario: Scenario;
  readonly results: readonly Result[];
}

/** Measures all systems of a plan in all of its scenarios. */
export async function* measureAll(
  plan: Plan,
  servers: Servers,
  meters: Meters,
): AsyncGenerator<MeasuredScenario> {
  const systems = plan.systems.map((system) => new MeasuredSystem(system, servers, meters));
  try {
    for (const scenarios of groupAlike(plan.scenarios)) {
      for (const system of systems) {
        await system.enter(scenarios[0]);
      }
      for (const scenario of scenarios) {
        yield { scenario, results: await measureInTurns(plan, scenario, systems) };
      }
      for (const system of systems) {
        await system.leave();
      }
      await Promise.all(Object.values(meters).map((meter) => meter.empty()));
    }
  } finally {
    await Promise.all(systems.map((system) => system.stop()));
  }
}

/** Round by round, each system once, so that what else the machine does falls on all of them. */
async function measureInTurns(
  plan: Plan,
  scenario: Scenario,
  systems: readonly MeasuredSystem[],
): Promise<Result[]> {
  const taking = systems
    .filter((system) => system.takesPartIn(scenario))
    .map((system) => ({ system, rounds: [] as Round[] }));
  const warmUp = warmUpOf(scenario.load);
  for (const { system } of taking) {
    if (warmUp) {
      await system.round(warmUp, plan.warmUpMs);
    }
  }
  const isIdle = scenario.load.kind === 'idle';
  for (let round = 0; round < (isIdle ? 1 : plan.rounds); round++) {
    for (const { system, rounds } of taking) {
      const ms = isIdle ? plan.idleMs : plan.ms;
      const measured = await system.round(scenario.load, ms, plan.awakenMs);
      if (measured) {
        rounds.push(measured);
      }
    }
  }
  return taking.map(({ system, rounds }) => ({
    ...system.description,
    scenario: scenario.name,
    rounds,
  }));
}

/** The same, shorter where it is long: a process that has never done it is slower than it will be. */
function warmUpOf(load: Load): Load | undefined {
  switch (load.kind) {
    case 'closed-loop':
      return load;
    case 'backlog':
      return { ...load, jobs: load.jobs / 20 };
    case 'stream':
      return { ...load, values: load.values / 5 };
    case 'idle':
      return undefined;
  }
}

/** Scenarios next to each other that need the same processes: these are made ready for all of them together. */
function groupAlike(scenarios: readonly Scenario[]): [Scenario, ...Scenario[]][] {
  const groups: [Scenario, ...Scenario[]][] = [];
  for (const scenario of scenarios) {
    const group = groups.at(-1);
    if (group && needsOf(group[0]) === needsOf(scenario)) {
      group.push(scenario);
    } else {
      groups.push([scenario]);
    }
  }
  return groups;
}

const needsOf = ({ workers, queues, load, pending = 0 }: Scenario): string =>
  `${workers} ${queues} ${load.kind} ${pending}`;
