/**
 * Draws `bench/results.svg` and writes the table of docs/performance.md and the row of README.md's, all from `bench/results.json`:
 * `npm run bench:report`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { drawBars, type Panel } from './bars.js';
import { OURS, resultOf, summaryOf, type Results, type Summary } from './results.js';
import { withSpaces } from './scenarios.js';

const root = new URL('../../', import.meta.url);
const [BEGIN, END] = ['<!-- bench: begin -->', '<!-- bench: end -->'];
const KIB_256 = 262_144;
/** The systems that README.md compares, by the order of its columns. */
const README_COLUMNS = [OURS, 'nest-redis', 'bullmq', 'nest-nats', 'nest-rabbitmq'];

interface Figure {
  readonly scenario: string;
  /** What stands over the column of the table. */
  readonly title: string;
  read(summary: Summary): number;
  readonly digits?: number;
}

const perSecond = (scenario: string, title: string): Figure => ({
  scenario,
  title,
  read: ({ rate }) => rate,
});

const FIGURES: readonly Figure[] = [
  { scenario: '1-in-flight', title: '1 in flight, p50 ms', read: ({ p50 = 0 }) => p50, digits: 2 },
  perSecond('256-in-flight', '256 in flight'),
  perSecond('4096-in-flight', '4 096 in flight'),
  perSecond('10-kib', '10 KiB'),
  perSecond('256-kib', '256 KiB'),
  perSecond('50-queues', '50 queues'),
  perSecond('backlog', 'backlog'),
  perSecond('stream', 'stream, values'),
];

const results = JSON.parse(await readFile(new URL('bench/results.json', root), 'utf8')) as Results;

await writeFile(new URL('bench/results.svg', root), drawBars(panels(), subtitle()));
await rewrite('docs/performance.md', (old) => {
  const before = old.slice(0, old.indexOf(BEGIN));
  const after = old.slice(old.indexOf(END));
  return `${before}${BEGIN}\n\n${table()}\n\n${conditions()}\n\n${after}`;
});
await rewrite('README.md', (old) => old.replace(/^\| requests per second .*$/m, rates()));

async function rewrite(file: string, change: (old: string) => string): Promise<void> {
  const path = new URL(file, root);
  await writeFile(path, change(await readFile(path, 'utf8')));
}

function summaryIn(scenario: string, system: string): Summary | undefined {
  const result = resultOf(results, scenario, system);
  return result && summaryOf(result);
}

function panels(): Panel[] {
  const panel = (
    title: string,
    scenario: string,
    read: (summary: Summary) => number,
    digits = 0,
  ) => ({
    title,
    bars: results.systems.flatMap(({ name, title: label }) => {
      const summary = summaryIn(scenario, name);
      return summary
        ? [
            {
              label,
              value: read(summary),
              text: format(read(summary), digits),
              isOurs: name === OURS,
            },
          ]
        : [];
    }),
  });
  return [
    panel('Requests per second, 256 in flight', '256-in-flight', ({ rate }) => rate),
    panel(
      'Milliseconds from request to reply, 1 in flight (less is better)',
      '1-in-flight',
      ({ p50 = 0 }) => p50,
      2,
    ),
    panel(
      'MB per second there and back, 256 KiB each',
      '256-kib',
      ({ rate }) => (rate * 2 * KIB_256) / 1e6,
    ),
  ];
}

function table(): string {
  const columns = ['', ...FIGURES.map(({ title }) => title), 'CPU of a request, us'];
  const rows = results.systems.map(({ name, title }) => [
    name === OURS ? `**${title}**` : title,
    ...FIGURES.map(({ scenario, read, digits }) => {
      const summary = summaryIn(scenario, name);
      return summary ? format(read(summary), digits) : '–';
    }),
    cpuOf(name),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = columns.map((_, index) => (index === 0 ? '---' : '---:'));
  return [columns, rule, ...rows].map(line).join('\n');
}

/** Requester, worker and server together, where the server is one that was measured. */
function cpuOf(system: string): string {
  const summary = summaryIn('256-in-flight', system);
  if (!summary) {
    return '–';
  }
  const { requesterCpu, workerCpu, redisCpu } = summary;
  const text = format(requesterCpu + workerCpu + (redisCpu ?? 0), 1);
  return redisCpu === undefined ? `${text} and the server's` : text;
}

/** The row of README.md's table, which has a column for each of these. */
function rates(): string {
  const cells = README_COLUMNS.map((system) => {
    const summary = summaryIn('256-in-flight', system);
    return summary ? Math.round(summary.rate).toLocaleString('en') : '–';
  });
  return `| requests per second | ${cells.join(' | ')} |`;
}

function conditions(): string {
  const versions = Object.entries(results.versions).map((version) => version.join(' '));
  return `${subtitle()}. Per second unless it says otherwise, medians. ${versions.join(', ')}.`;
}

function subtitle(): string {
  return `${results.machine}, ${results.date.slice(0, 10)}`;
}

function format(value: number, digits = 0): string {
  return digits === 0 ? withSpaces(Math.round(value)) : value.toFixed(digits);
}
