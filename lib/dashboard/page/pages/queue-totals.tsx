import { durationText } from '../format/times.js';
import { rateText, shortCount } from '../format/numbers.js';
import { Figure } from '../parts/figure.js';
import type { QueueRow } from './queue-rows.js';

/** The figures of all queues together. */
export function QueueTotals({ rows }: { readonly rows: readonly QueueRow[] }) {
  const sum = (key: 'waiting' | 'running' | 'dead'): number =>
    rows.reduce((total, row) => total + row[key], 0);
  const rates = rows.flatMap(({ rate }) => (rate === undefined ? [] : [rate]));
  const dead = sum('dead');
  return (
    <dl class="figures">
      <Figure name="Waiting" value={shortCount(sum('waiting'))} />
      <Figure name="Oldest" value={durationText(Math.max(0, ...rows.map(({ age }) => age)))} />
      <Figure name="Running" value={shortCount(sum('running'))} />
      <Figure
        name="Jobs a second"
        value={rates.length === 0 ? '–' : rateText(rates.reduce((total, rate) => total + rate, 0))}
      />
      <Figure name="Dead letters" value={shortCount(dead)} isBad={dead > 0} />
      <Figure name="Queues" value={shortCount(rows.length)} />
    </dl>
  );
}
