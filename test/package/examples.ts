import { readFileSync } from 'node:fs';
import { docPage } from '../docs/examples/doc-page.js';

const root = new URL('../../', import.meta.url);

/**
 * @param page - a file of the repository, such as `docs/testing.md`.
 * @returns the block of a page that begins with `// <file>`.
 * @throws where there is none.
 */
export function exampleOf(page: string, file: string): string {
  const { files } = docPage(page, readFileSync(new URL(page, root), 'utf8'));
  const example = files.find(({ name }) => name === file);
  if (example === undefined) {
    throw new Error(`${page} has no block of ${file}`);
  }
  return example.text;
}
