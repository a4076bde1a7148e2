/** Deeper levels stay in one line: a text of 100 000 levels has to stay small. */
const MAX_INDENTED_LEVELS = 40;

/** How many times as long as a text its lines may be: a text of many short values, deeply nested, has to stay small, too. */
const MAX_GROWTH = 10;

/** A string of JSON, which may be cut off; an empty object or array; a sign; or anything else. */
const PARTS = /"(?:[^"\\]|\\.)*(?:"|\\?$)|\{\s*\}|\[\s*\]|[{}[\],:]|[^\s"{}[\],:]+/gsu;

/**
 * Lays out a text of JSON over lines. It reads no values, so that numbers stay exactly as they are, depth costs nothing, and the
 * beginning of a text that was cut is laid out as well.
 */
export function indentedJson(text: string): string {
  const lines: string[] = [];
  let line = '';
  let level = 0;
  let added = 0;
  const breakLine = (): void => {
    if (level <= MAX_INDENTED_LEVELS && added <= MAX_GROWTH * text.length) {
      lines.push(line);
      line = '  '.repeat(Math.max(0, level));
      added += line.length;
    }
  };
  for (const [part] of text.matchAll(PARTS)) {
    if (part === '{' || part === '[') {
      line += part;
      level += 1;
      breakLine();
    } else if (part === '}' || part === ']') {
      level -= 1;
      breakLine();
      line += part;
    } else if (part === ',') {
      line += part;
      breakLine();
    } else {
      line += part === ':' ? ': ' : part;
    }
  }
  return [...lines, line].join('\n');
}
