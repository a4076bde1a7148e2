import { readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

/**
 * @param page - a file of the repository, such as `docs/testing.md`.
 * @returns the block of a page that begins with `// <file>`.
 * @throws where there is none.
 */
export function exampleOf(page: string, file: string): string {
  const block = readFileSync(new URL(page, root), 'utf8')
    .split(/^```/m)
    .find((text) => text.startsWith(`ts\n// ${file}\n`));
  if (block === undefined) {
    throw new Error(`${page} has no block of ${file}`);
  }
  return block.slice('ts'.length);
}
