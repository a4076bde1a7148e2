import { readFileSync, readdirSync } from 'node:fs';

const DOCS = new URL('../../../docs/', import.meta.url);

/** A fenced block, as `prettier` writes it: its language and its text. */
const BLOCK = /^```(.*)\n([^]*?)^```$/gm;

/** Languages whose blocks are files of a page's application, and the first line that names the file. */
const FILE_NAMES: Readonly<Record<string, RegExp>> = {
  ts: /^\/\/ ([\w./-]+\.ts)$/,
  python: /^# ([\w./-]+\.py)$/,
};

/** Languages whose blocks are shown and not run. `js` is code of other libraries, which are not installed. */
const SHOWN_LANGUAGES = ['sh', 'json', 'yaml', 'text', 'mermaid', 'js'];

/** A block that is a file of the page's application. */
export interface ExampleFile {
  readonly name: string;
  readonly text: string;
}

/** A page of `docs/`: the files that its blocks make, and what is wrong with its blocks. */
export interface DocPage {
  /** The name of the page's file, such as `streams.md`. */
  readonly name: string;
  readonly files: readonly ExampleFile[];
  /** What breaks the convention of CONTRIBUTING.md. */
  readonly mistakes: readonly string[];
}

/** Reads all pages of `docs/`. */
export const docPages = (): DocPage[] =>
  readdirSync(DOCS)
    .filter((name) => name.endsWith('.md'))
    .map((name) => docPage(name, readFileSync(new URL(name, DOCS), 'utf8')));

/** Reads the blocks of a page. */
export function docPage(name: string, text: string): DocPage {
  const files = new Map<string, ExampleFile>();
  const mistakes: string[] = [];
  if (/^[ >]+```/m.test(text)) {
    mistakes.push('a fenced block is indented: begin it at the start of its line');
  }
  for (const { language, body, line } of blocksOf(text)) {
    const place = `the \`\`\`${language} block in line ${line}`;
    const pattern = FILE_NAMES[language];
    if (pattern === undefined) {
      mistakes.push(...mistakesOfShown(language, body).map((mistake) => `${place} ${mistake}`));
      continue;
    }
    const file = pattern.exec(body.split('\n', 1)[0] ?? '')?.[1];
    if (file === undefined) {
      mistakes.push(`${place} has no first line that names its file (${pattern.source})`);
    } else if (files.has(file)) {
      mistakes.push(`${place} has the name of another block of the page, ${file}`);
    } else {
      files.set(file, { name: file, text: body });
    }
  }
  return { name, files: [...files.values()], mistakes };
}

function* blocksOf(text: string) {
  for (const { 1: language = '', 2: body = '', index } of text.matchAll(BLOCK)) {
    yield { language, body, line: text.slice(0, index).split('\n').length };
  }
}

function mistakesOfShown(language: string, body: string): string[] {
  if (!SHOWN_LANGUAGES.includes(language)) {
    const known = [...Object.keys(FILE_NAMES), ...SHOWN_LANGUAGES].join(', ');
    return [`has an unknown language: write one of ${known}`];
  }
  if (language === 'js' && body.includes('nestjs-reqrep')) {
    return ['uses nestjs-reqrep: write ```ts, which is compiled'];
  }
  if (language === 'json') {
    try {
      JSON.parse(body);
    } catch (error) {
      return [`is no JSON: ${String(error)}`];
    }
  }
  return [];
}
