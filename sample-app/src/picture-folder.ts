import { readdir } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SampleError } from './sample.error.js';

/** The folder with the sample's own pictures. */
export const OWN_PICTURES = fileURLToPath(new URL('../pictures', import.meta.url));

const EXTENSIONS = ['.avif', '.gif', '.jpeg', '.jpg', '.png', '.svg', '.tif', '.tiff', '.webp'];

/** The folder named on the command line, else the sample's own. @throws SampleError */
export function chosenFolder(args: readonly string[]): string {
  const [folder, ...others] = args;
  if (others.length > 0) {
    throw new SampleError(
      'Give one folder only, in quotes if there are spaces in its name: npm run sample -- "FOLDER"',
    );
  }
  // npm changes to the folder of package.json; what the user typed counts from where they are.
  return folder ? resolve(process.env['INIT_CWD'] ?? '', folder) : OWN_PICTURES;
}

/** The absolute paths of the pictures in a folder. @throws SampleError when there are none. */
export async function listPictures(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new SampleError(`${folder} cannot be read: ${reasonOf(error)}.`, { cause: error });
  });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => EXTENSIONS.includes(extname(name).toLowerCase()))
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  if (files.length === 0) {
    throw new SampleError(`${folder} has no pictures (${EXTENSIONS.join(', ')}).`);
  }
  return files.map((file) => join(folder, file));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
