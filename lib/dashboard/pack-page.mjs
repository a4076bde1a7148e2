/**
 * Writes the files of `page/` into one module, `server/page-files.ts`: so both builds and each bundled application have them. Its scripts
 * become one, `dashboard.js`, for browsers.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const PAGE = fileURLToPath(new URL('page', import.meta.url));
const PREACT = fileURLToPath(new URL('../../node_modules/preact', import.meta.url));
const PACKED = fileURLToPath(new URL('server/page-files.ts', import.meta.url));

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** @returns the scripts of the page and what they import, in one file. */
async function bundle() {
  const built = await rolldown({
    input: `${PAGE}/main.tsx`,
    platform: 'browser',
    tsconfig: `${PAGE}/tsconfig.json`,
  });
  // The licence of what comes along asks for its text.
  const licence = readFileSync(`${PREACT}/LICENSE`, 'utf8').trim();
  const { output } = await built.generate({
    format: 'es',
    minify: true,
    banner: `/*! Contains preact.\n\n${licence}\n*/`,
  });
  await built.close();
  return output[0].code;
}

/** Is called by the builds, and by Vitest before tests that run without a build. */
export default async function packPage() {
  const names = readdirSync(PAGE).filter((name) => extname(name) in TYPES);
  const files = Object.fromEntries([
    ...names
      .toSorted()
      .map((name) => [
        name,
        { type: TYPES[extname(name)], text: readFileSync(`${PAGE}/${name}`, 'utf8') },
      ]),
    ['dashboard.js', { type: 'text/javascript; charset=utf-8', text: await bundle() }],
  ]);
  const head =
    '/** The files of the page, as `pack-page.mjs` has written them. */\n' +
    'export const PAGE_FILES: Readonly<Record<string, { readonly type: string; readonly text: string }>> =';
  const packed = `${head} ${JSON.stringify(files, undefined, 2)};\n`;
  writeFileSync(PACKED, packed);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await packPage();
}
