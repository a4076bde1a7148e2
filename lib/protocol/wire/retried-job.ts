import { decodeJob } from './job-element.js';

/**
 * Makes the job of a dead letter one that can be run again: with its id, its data and its headers, but without its caller, its
 * deadline, the deliveries that were counted and the mark of its stream. The data stays exactly as it was written.
 * @param now - ms, Redis clock.
 * @returns `undefined` for a text that is no job.
 */
export function retriedJob(element: string, now: number): string | undefined {
  if (decodeJob(element).version === 0) {
    return undefined;
  }
  const [id, data, meta = '{}'] = itemsOf(element);
  const { c: _caller, d: _deadline, t: _pushedAt, ...kept } = JSON.parse(meta) as object as Meta;
  return `[${id},${data},${JSON.stringify({ ...kept, t: now })}]`;
}

interface Meta {
  readonly c?: unknown;
  readonly d?: unknown;
  readonly t?: unknown;
}

/** @returns the texts of the items of a JSON array. */
function itemsOf(json: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let begin = 0;
  for (let index = 0; index < json.length; index++) {
    switch (json[index]) {
      case '"':
        index = endOfString(json, index);
        break;
      case '[':
      case '{':
        depth++;
        begin = depth === 1 ? index + 1 : begin;
        break;
      case ']':
      case '}':
        depth--;
        if (depth === 0) {
          items.push(json.slice(begin, index).trim());
        }
        break;
      case ',':
        if (depth === 1) {
          items.push(json.slice(begin, index).trim());
          begin = index + 1;
        }
    }
  }
  return items;
}

/** @returns the position of the quote that ends a string. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (isEscaped(json, end)) {
    end = json.indexOf('"', end + 1);
  }
  return end;
}

function isEscaped(json: string, position: number): boolean {
  let backslashes = 0;
  while (json[position - 1 - backslashes] === '\\') {
    backslashes++;
  }
  return backslashes % 2 === 1;
}
