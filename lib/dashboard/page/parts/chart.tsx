import { useState } from 'preact/hooks';
import { CHART_MS } from '../looks/history.js';
import { durationText } from '../format/times.js';
import type { Point } from './spark-line.js';

const WIDTH = 400;
const HEIGHT = 120;
const TOP = 8;
const BOTTOM = 20;
const PLOT = HEIGHT - TOP - BOTTOM;

/** One line of a chart. */
export interface Series {
  readonly name: string;
  /** Its colour: a class of the style sheet. */
  readonly tone: 'main' | 'second' | 'bad';
  readonly points: readonly Point[];
}

interface ChartProps {
  readonly title: string;
  readonly series: readonly Series[];
  /** The right edge, ms since the epoch. */
  readonly until: number;
  readonly format: (value: number) => string;
}

/** A chart of the last minutes with some lines. The pointer chooses the moment whose values are shown; else it is the last one. */
export function Chart({ title, series, until, format }: ChartProps) {
  const [chosenX, setChosenX] = useState<number>();
  const top = niceTop(Math.max(0, ...series.flatMap(({ points }) => points.map(valueOf))));
  const x = (at: number): number => WIDTH * (1 - (until - at) / CHART_MS);
  const y = (value: number): number => TOP + PLOT * (1 - value / top);
  const at = chosenX === undefined ? until : until - CHART_MS * (1 - chosenX / WIDTH);
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <dl>
          {series.map(({ name, tone, points }) => {
            const value = nearest(points, at)?.value;
            return (
              <div key={name}>
                <dt class={`tone-${tone}`}>{name}</dt>
                <dd>{value === undefined ? '–' : format(value)}</dd>
              </div>
            );
          })}
        </dl>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${title}, the last two minutes`}
        onPointerMove={({ clientX, currentTarget }) => {
          const { left, width } = currentTarget.getBoundingClientRect();
          setChosenX((WIDTH * (clientX - left)) / width);
        }}
        onPointerLeave={() => setChosenX(undefined)}
      >
        {[0, 0.5, 1].map((share) => (
          <path key={share} class="grid" d={`M0 ${y(share * top)}H${WIDTH}`} />
        ))}
        {series.map(({ name, tone, points }) => (
          <Lines key={name} tone={tone} points={points} x={x} y={y} />
        ))}
        {chosenX !== undefined && <path class="cursor" d={`M${chosenX} ${TOP}V${TOP + PLOT}`} />}
        <text x="2" y={y(top) + 11}>
          {format(top)}
        </text>
        <text x="0" y={HEIGHT - 6}>
          {durationText(CHART_MS)} ago
        </text>
        <text x={WIDTH} y={HEIGHT - 6} text-anchor="end">
          {chosenX === undefined ? 'now' : `${durationText(until - at)} ago`}
        </text>
      </svg>
    </figure>
  );
}

interface LinesProps extends Pick<Series, 'tone' | 'points'> {
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
}

/** The line of a series, with gaps where it has no values. */
function Lines({ tone, points, x, y }: LinesProps) {
  let isDrawing = false;
  const path = points.map(({ at, value }) => {
    const command = isDrawing ? 'L' : 'M';
    isDrawing = value !== undefined;
    return value === undefined ? '' : `${command}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
  });
  return <path class={`line tone-${tone}`} d={path.join('')} />;
}

const valueOf = ({ value }: Point): number => value ?? 0;

function nearest(points: readonly Point[], at: number): Point | undefined {
  return points.reduce<Point | undefined>(
    (best, point) =>
      best === undefined || Math.abs(point.at - at) < Math.abs(best.at - at) ? point : best,
    undefined,
  );
}

/** @returns the next of 1, 2, 5, 10, 20, ... so that the scale does not move with each look. */
function niceTop(value: number): number {
  if (value <= 0) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((top) => top >= value) ?? value;
}
