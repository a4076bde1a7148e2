/** Measures this library beside its peers: `npm run bench -- --help`. */
import { readCommandLine, type Plan } from './command-line.js';
import { measureAll } from './measurement.js';
import { RedisMeter } from './redis-meter.js';
import { describeMachine, writeResults, type Result, type Results } from './results.js';
import { startServers, type Servers } from './servers.js';
import { formatScenario } from './tables.js';
import { formatTargets } from './targets.js';
import { installedVersions } from './versions.js';

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(1));
}

try {
  const plan = readCommandLine(process.argv.slice(2));
  if (plan) {
    const servers = await startServers(plan.systems.map(({ server }) => server));
    try {
      await run(plan, servers);
    } finally {
      await servers.stop();
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function run(plan: Plan, servers: Servers): Promise<void> {
  const redis = new RedisMeter([servers.redisUrl]);
  const cluster = new RedisMeter(servers.clusterNodeUrls);
  try {
    const versions = installedVersions(await redis.version());
    const machine = describeMachine();
    const systems = plan.systems.map(({ name, title, server, setup }) => ({
      name,
      title,
      server,
      setup,
    }));
    console.log(machine);
    console.log(
      Object.entries(versions)
        .map((version) => version.join(' '))
        .join(', '),
    );
    console.log();
    for (const { title, setup } of systems) {
      console.log(`${title}: ${setup}`);
    }
    const results: Result[] = [];
    for await (const { scenario, results: measured } of measureAll(plan, servers, {
      Redis: redis,
      'Redis Cluster': cluster,
    })) {
      results.push(...measured);
      console.log(formatScenario(scenario, measured, systems));
    }
    const all: Results = {
      date: new Date().toISOString(),
      machine,
      versions,
      systems,
      scenarios: plan.scenarios,
      results,
    };
    console.log(formatTargets(all));
    if (plan.jsonFile !== undefined) {
      await writeResults(plan.jsonFile, all);
    }
  } finally {
    redis.close();
    cluster.close();
  }
}
