import { readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

/**
 * @param page - a file of the repository, such as `docs/testing.md`.
 * @returns the blocks of a page that begin with `// <file>`, one after the other.
 * @throws where there is none.
 */
export function exampleOf(page: string, file: string): string {
  const blocks = readFileSync(new URL(page, root), 'utf8')
    .split(/^```/m)
    .filter((text) => text.startsWith(`ts\n// ${file}\n`) || text.startsWith(`ts\n// ${file}, `));
  if (blocks.length === 0) {
    throw new Error(`${page} has no block of ${file}`);
  }
  return blocks.map((text) => text.slice('ts'.length)).join('');
}
