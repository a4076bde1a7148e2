import { CHART_MS } from '../looks/history.js';

const WIDTH = 96;
const HEIGHT = 26;

/** A value at a moment; `undefined` where there was none. */
export interface Point {
  readonly at: number;
  readonly value: number | undefined;
}

interface SparkLineProps {
  readonly points: readonly Point[];
  /** The right edge, ms since the epoch. */
  readonly until: number;
  /** What the line shows, for who cannot see it. */
  readonly label: string;
}

/** A small chart of the last minutes, without axes. */
export function SparkLine({ points, until, label }: SparkLineProps) {
  const top = Math.max(1e-9, ...points.map(({ value }) => value ?? 0));
  const line = points.map(({ at, value = 0 }) => {
    const x = WIDTH * (1 - (until - at) / CHART_MS);
    const y = HEIGHT - 2 - (HEIGHT - 4) * (value / top);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const first = line[0]?.split(',')[0];
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path class="spark-ground" d={`M0 ${HEIGHT - 2}H${WIDTH}`} />
      {line.length > 1 && (
        <>
          <path class="spark-area" d={`M${first} ${HEIGHT - 2}L${line.join(' ')}V${HEIGHT - 2}Z`} />
          <polyline class="spark-line" points={line.join(' ')} />
        </>
      )}
    </svg>
  );
}
