import { formatTable, type Column } from '../../sample-app/dist/table.js';
import { OURS, resultOf, summaryOf, type Result, type Results, type Summary } from './results.js';

/** What this library wants to reach, in figures of one run. */
interface Target {
  readonly what: string;
  readonly wanted: string;
  /** @returns `undefined` where the run did not measure it. */
  measure(of: Figures): { readonly text: string; readonly isReached: boolean } | undefined;
}

/** @returns what a system was measured at in a scenario, if it was. */
type Figures = (
  scenario: string,
  system?: string,
) => (Summary & Pick<Result, 'pendingRss'>) | undefined;

const atLeast = (
  what: string,
  scenario: string,
  system: string,
  factor: number,
  own: string = OURS,
): Target => ({
  what,
  wanted: `>= ${factor} x`,
  measure: (of) => {
    const [ours, theirs] = [of(scenario, own), of(scenario, system)];
    return ours && theirs && verdict(ours.rate / theirs.rate, (ratio) => ratio >= factor, ' x');
  },
});

/** CPU of all three for a request, us. */
const cost = ({ requesterCpu, workerCpu, redisCpu = 0 }: Summary): number =>
  requesterCpu + workerCpu + redisCpu;

const flat = (what: string, from: string, to: string): Target => ({
  what,
  wanted: 'within 20 %',
  measure: (of) => {
    const [before, after] = [of(from), of(to)];
    return (
      before &&
      after &&
      verdict((cost(after) / cost(before) - 1) * 100, (percent) => percent <= 20, ' %')
    );
  },
});

const TARGETS: readonly Target[] = [
  atLeast('256 in flight, to the Nest Redis transport', '256-in-flight', 'nest-redis', 2.5),
  atLeast(
    '256 in flight as a transport of Nest, to the Nest Redis transport',
    '256-in-flight',
    'nest-redis',
    1.5,
    'nestjs-reqrep-microservices',
  ),
  atLeast('256 in flight, to BullMQ', '256-in-flight', 'bullmq', 15),
  atLeast('256 in flight, to Nest NATS', '256-in-flight', 'nest-nats', 2.2),
  atLeast('256 in flight, to the floor', '256-in-flight', 'floor', 0.6),
  {
    what: '1 in flight, p50 to that of the Nest Redis transport',
    wanted: '<= 1 x',
    measure: (of) => {
      const [ours, theirs] = [of('1-in-flight')?.p50, of('1-in-flight', 'nest-redis')?.p50];
      return ours !== undefined && theirs !== undefined
        ? verdict(ours / theirs, (ratio) => ratio <= 1, ' x')
        : undefined;
    },
  },
  ...['nest-redis', 'bullmq', 'streams-transporter', 'nest-nats', 'nest-rabbitmq'].map((peer) =>
    atLeast(`256 KiB, to ${peer}`, '256-kib', peer, 1),
  ),
  flat(
    'CPU of a request, from a queue of 1 000 to one of 200 000',
    'backlog-1000',
    'backlog-200000',
  ),
  flat('CPU of a request, from 1 queue to 50', '256-in-flight', '50-queues'),
  flat('CPU of a request, from none to 100 000 that wait beside it', '256-in-flight', 'pending'),
  {
    what: 'memory of a client with 100 000 waiting requests',
    wanted: '< 200 MB',
    measure: (of) => {
      const { pendingRss } = of('pending') ?? {};
      return pendingRss === undefined
        ? undefined
        : verdict(pendingRss / 1e6, (size) => size < 200, ' MB');
    },
  },
];

const COLUMNS: readonly Column[] = [
  { title: 'To reach', align: 'left' },
  { title: 'wanted', align: 'right' },
  { title: 'measured', align: 'right' },
  { title: '', align: 'left' },
];

/** What was to be reached, as far as this run can tell. */
export function formatTargets(results: Results): string {
  const of: Figures = (scenario, system = OURS) => {
    const result = resultOf(results, scenario, system);
    const summary = result && summaryOf(result);
    return summary && { ...summary, pendingRss: result.pendingRss };
  };
  const rows = TARGETS.flatMap(({ what, wanted, measure }) => {
    const measured = measure(of);
    return measured ? [[what, wanted, measured.text, measured.isReached ? 'yes' : 'NO']] : [];
  });
  return rows.length > 0 ? `\n${formatTable(COLUMNS, rows)}` : '';
}

function verdict(value: number, isReached: (value: number) => boolean, unit: string) {
  return {
    text: `${value.toFixed(Math.abs(value) < 10 ? 2 : 0)}${unit}`,
    isReached: isReached(value),
  };
}
