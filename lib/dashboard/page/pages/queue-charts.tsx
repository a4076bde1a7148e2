import { ratePoints, type RatePoint, type Sample } from '../looks/history.js';
import { rateText, shortCount } from '../format/numbers.js';
import { durationText } from '../format/times.js';
import { Chart } from '../parts/chart.js';
import type { Point } from '../parts/spark-line.js';

interface QueueChartsProps {
  readonly samples: readonly Sample[];
  readonly until: number;
}

/** The last minutes of a queue. */
export function QueueCharts({ samples, until }: QueueChartsProps) {
  const rates = ratePoints(samples);
  const ofRates = (key: keyof RatePoint): Point[] =>
    rates.map((point) => ({ at: point.at, value: point[key] }));
  const ofSamples = (key: 'waiting' | 'running'): Point[] =>
    samples.map((sample) => ({ at: sample.at, value: sample[key] }));
  return (
    <div class="charts">
      <Chart
        title="Jobs a second"
        until={until}
        format={rateText}
        series={[
          { name: 'ended', tone: 'main', points: ofRates('ended') },
          { name: 'failed', tone: 'bad', points: ofRates('failed') },
        ]}
      />
      <Chart
        title="Jobs"
        until={until}
        format={shortCount}
        series={[
          { name: 'waiting', tone: 'main', points: ofSamples('waiting') },
          { name: 'running', tone: 'second', points: ofSamples('running') },
        ]}
      />
      <Chart
        title="Mean time"
        until={until}
        format={durationText}
        series={[
          { name: 'to wait', tone: 'main', points: ofRates('meanWait') },
          { name: 'to run', tone: 'second', points: ofRates('meanRun') },
        ]}
      />
    </div>
  );
}
