import { readFileSync } from 'node:fs';

/** What a page of Markdown has that links lead to, and where its own links lead. */
export interface MarkdownFile {
  /** The anchors that GitHub gives to its headings. */
  readonly anchors: ReadonlySet<string>;
  /** The targets of its links and pictures, as they are written. */
  readonly targets: readonly string[];
}

/** A fenced block, also in a list, and code within a line: neither has headings or links. */
const BLOCK = /^( *)(`{3,})[^]*?^\1\2$/gm;
const CODE = /(`+)(?!`)(?:(?!\n\n)[^])*?(?<!`)\1(?!`)/g;

const HEADING = /^#{1,6} +(.+?)(?: +#+)? *$/gm;
const INLINE_TARGET = /\]\(<?([^)\s>]+)>?(?: +"[^"]*")?\)/g;
const REFERENCE_TARGET = /^ {0,3}\[[^\]]+\]: +(\S+)/gm;
const LINK = /!?\[([^\]]*)\]\([^)]*\)/g;

/** What GitHub leaves out of an anchor: all but letters, digits, connectors, hyphens and spaces. */
const NOT_IN_ANCHOR = /[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu;

export function markdownFile(path: string | URL): MarkdownFile {
  const text = readFileSync(path, 'utf8').replaceAll(BLOCK, '');
  const prose = text.replaceAll(CODE, '');
  return {
    anchors: anchorsOf([...text.matchAll(HEADING)].map(([, heading = '']) => heading)),
    targets: [...prose.matchAll(INLINE_TARGET), ...prose.matchAll(REFERENCE_TARGET)].map(
      ([, target = '']) => target,
    ),
  };
}

/** A heading that comes again has a number behind its anchor. */
export function anchorsOf(headings: readonly string[]): Set<string> {
  const anchors = new Set<string>();
  for (const heading of headings) {
    const anchor = heading
      .replaceAll(LINK, '$1')
      .toLowerCase()
      .replaceAll(NOT_IN_ANCHOR, '')
      .replaceAll(' ', '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) {
      unique = `${anchor}-${count}`;
    }
    anchors.add(unique);
  }
  return anchors;
}
