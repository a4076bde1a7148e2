import { formatTable, type Column } from '../../sample-app/dist/table.js';
import { OURS, summaryOf, type Result, type Results, type Summary } from './results.js';
import { withSpaces, type Scenario } from './scenarios.js';

const COLUMNS: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'per s', align: 'right' },
  { title: 'spread', align: 'right' },
  { title: 'we are', align: 'right' },
  { title: 'p50 ms', align: 'right' },
  { title: 'p99 ms', align: 'right' },
  { title: 'us requester', align: 'right' },
  { title: 'us worker', align: 'right' },
  { title: 'us Redis', align: 'right' },
  { title: 'MB requester', align: 'right' },
  { title: 'MB worker', align: 'right' },
  { title: 'connections', align: 'right' },
];

const NOTHING = '–';

/** The results of one scenario, one line for each system. */
export function formatScenario(
  scenario: Scenario,
  results: readonly Result[],
  systems: Results['systems'],
): string {
  const ofScenario = results.filter((result) => result.scenario === scenario.name);
  const ours = ofScenario.find(({ system }) => system === OURS);
  const ourRate = ours && summaryOf(ours)?.rate;
  const rows = ofScenario.map((result) => {
    const title = systems.find(({ name }) => name === result.system)?.title ?? result.system;
    const summary = summaryOf(result);
    return summary
      ? [title, ...cells(summary, ourRate), String(result.connections ?? NOTHING)]
      : [title, ...COLUMNS.slice(1).map(() => NOTHING)];
  });
  const failures = ofScenario
    .filter(({ failure }) => failure !== undefined)
    .map(({ system, failure }) => `${system}: ${failure}`);
  const idle = scenario.load.kind === 'idle' ? ofScenario.map(formatIdle) : [];
  const nodes = ofScenario.flatMap(formatNodes);
  return [`\n${scenario.title}\n`, formatTable(COLUMNS, rows), ...nodes, ...idle, ...failures].join(
    '\n',
  );
}

function cells(summary: Summary, ourRate: number | undefined): string[] {
  const { rate, spread, p50, p99, redisCpu } = summary;
  return [
    withSpaces(Math.round(rate)),
    `${Math.round(spread * 100)} %`,
    ourRate === undefined || rate === 0 ? NOTHING : `${(ourRate / rate).toFixed(2)} x`,
    p50?.toFixed(2) ?? NOTHING,
    p99?.toFixed(2) ?? NOTHING,
    summary.requesterCpu.toFixed(1),
    summary.workerCpu.toFixed(1),
    redisCpu?.toFixed(1) ?? NOTHING,
    megabytes(summary.requesterRss),
    megabytes(summary.workerRss),
  ];
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

/** What each node of a Cluster spends on a request; of the busiest one first. */
function formatNodes(result: Result): string[] {
  const summary = summaryOf(result);
  if (!summary?.redisCpuOfEach) {
    return [];
  }
  const each = summary.redisCpuOfEach.toSorted((a, b) => b - a).map((cpu) => cpu.toFixed(1));
  return [`${result.system}: us of each Redis ${each.join(', ')}`];
}

function formatIdle(result: Result): string {
  const summary = summaryOf(result);
  const [round] = result.rounds;
  if (!summary || !round) {
    return '';
  }
  const share = (cpu: number): string => `${(cpu / round.elapsed / 10).toFixed(2)} %`;
  return (
    `${result.system} in ${round.elapsed / 1_000} s: ${share(summary.workerCpu)} of a core in the worker, ` +
    `${share(summary.requesterCpu)} in the requester, ${summary.commands?.toFixed(1)} commands a second`
  );
}
