export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What is written behind it. */
  readonly text: string;
  readonly isOurs: boolean;
}

/** Bars that are to be compared with each other. */
export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 800;
const LABELS = 240;
const LONGEST = 440;
/** A bar that is longer than so many times ours is cut, so that the others can be told apart. */
const MOST_TIMES = 5;
const ROW = 24;
const TITLE = 40;
const GAP = 14;

/** Colours that can be read on white, on black, and, in an SVG that knows no media queries, on both. */
const STYLE = `
    text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #57606a; }
    .title { font-weight: 600; fill: #24292f; }
    .ours { font-weight: 600; fill: #24292f; }
    .note { font-size: 12px; }
    rect { fill: #a8b1bb; }
    rect.ours { fill: #c8102e; }
    @media (prefers-color-scheme: dark) {
      text { fill: #9da7b3; }
      .title, .ours { fill: #f0f3f6; }
      rect { fill: #59636e; }
      rect.ours { fill: #ff5d73; }
    }`;

/** @returns an SVG of the panels, one under the other. */
export function drawBars(panels: readonly Panel[], note: string): string {
  const parts: string[] = [];
  let top = 0;
  for (const { title, bars } of panels) {
    parts.push(text(0, top + 24, title, 'title'));
    top += TITLE;
    const ours = bars.find(({ isOurs }) => isOurs)?.value ?? Infinity;
    const most = Math.min(Math.max(...bars.map(({ value }) => value)), ours * MOST_TIMES);
    for (const { label, value, text: written, isOurs } of bars) {
      const kind = isOurs ? 'ours' : '';
      const isCut = value > most;
      const length = isCut ? LONGEST : Math.max(1, Math.round((value / most) * LONGEST));
      parts.push(
        text(LABELS - 10, top + 15, label, kind, 'end'),
        `<rect x="${LABELS}" y="${top + 2}" width="${length}" height="${ROW - 6}" rx="2" class="${kind}"/>`,
        text(LABELS + length + 8, top + 15, isCut ? `… ${written}` : written, kind),
      );
      top += ROW;
    }
    top += GAP;
  }
  parts.push(text(0, top + 14, note, 'note'));
  const height = top + 24;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(panels.map(({ title }) => title).join('; '))}">
  <style>${STYLE}
  </style>
  ${parts.join('\n  ')}
</svg>
`;
}

function text(x: number, y: number, content: string, kind: string, anchor = 'start'): string {
  return `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escape(content)}</text>`;
}

const escape = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
