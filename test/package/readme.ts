import { readFileSync } from 'node:fs';

const README = new URL('../../README.md', import.meta.url);

/** @returns the block of README.md that begins with `// <file>`. @throws where there is none. */
export function blockOfReadme(file: string): string {
  const blocks = readFileSync(README, 'utf8').split('```');
  const block = blocks.find((text) => text.startsWith(`ts\n// ${file}\n`));
  if (block === undefined) {
    throw new Error(`README.md has no block of ${file}`);
  }
  return block.slice('ts'.length);
}
