/** `npm run release:check`: whether the package can be published as it is. With a tag of git checked out, as that version. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const MOST_PACKED_BYTES = 700_000;
const FILES =
  /^(dist\/(cjs|esm)\/.+\.(js|d\.ts|json)|README\.md|CHANGELOG\.md|LICENSE|package\.json)$/;
const SHEBANG = '#!/usr/bin/env node\n';
const LICENCES = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']);

const run = (command, ...args) => execFileSync(command, args, { cwd: root, encoding: 'utf8' });

/** @returns the tarball as npm would publish it. */
function pack(folder) {
  const [packed] = JSON.parse(
    run('npm', 'pack', '--json', '--silent', '--pack-destination', folder),
  );
  return { ...packed, path: join(folder, packed.filename) };
}

function* wrongContents({ files, size, path }, folder) {
  yield* files
    .filter((file) => !FILES.test(file.path))
    .map((file) => `${file.path} does not belong into the package`);
  if (size > MOST_PACKED_BYTES) {
    yield `the tarball has ${size} bytes, and may have ${MOST_PACKED_BYTES}`;
  }
  run('tar', '-xzf', path, '-C', folder);
  for (const { path: file } of files) {
    if (readFileSync(join(folder, 'package', file), 'utf8').includes(root)) {
      yield `${file} names the folder that it was built in`;
    }
  }
}

/** The program of `bin`, which npm links as it is. */
function* wrongProgram({ files }, folder) {
  for (const path of Object.values(manifest.bin)) {
    const file = files.find((each) => each.path === path);
    if (file === undefined) {
      yield `${path} is missing`;
    } else if ((file.mode & 0o111) !== 0o111) {
      yield `${path} is not executable`;
    } else if (!readFileSync(join(folder, 'package', path), 'utf8').startsWith(SHEBANG)) {
      yield `${path} does not begin with ${SHEBANG}`;
    }
  }
}

function* wrongTypes({ path }) {
  try {
    run('npx', '--no-install', 'attw', path, '--no-emoji');
  } catch (error) {
    yield `the types of an entry do not resolve:\n${error.stdout}${error.stderr}`;
  }
}

async function* wrongManifest({ path }) {
  const { buffer } = Buffer.from(readFileSync(path));
  const { messages } = await publint({ pack: { tarball: buffer }, strict: true });
  yield* messages.map((message) => formatMessage(message, manifest) ?? message.code);
}

/** What the package brings to its users: its own dependencies, its peers, and theirs. */
function* wrongLicences() {
  if (!existsSync(join(root, 'LICENSE'))) {
    yield 'LICENSE is missing';
  }
  const paths = run('npm', 'ls', '--omit=dev', '--all', '--parseable').trim().split('\n');
  const peers = Object.keys(manifest.peerDependencies).map((name) =>
    join(root, 'node_modules', name),
  );
  for (const path of new Set([...paths.slice(1), ...peers])) {
    const { name, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    if (!LICENCES.has(license)) {
      yield `${name} has the licence ${license}`;
    }
  }
}

function* wrongVersion() {
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const [heading] = changelog.match(/^## .+$/m) ?? ['none'];
  if (!heading.startsWith(`## ${manifest.version} - `)) {
    yield `the first version in CHANGELOG.md is "${heading}", and that of package.json ${manifest.version}`;
  }
  const tags = run('git', 'tag', '--points-at', 'HEAD').trim().split('\n').filter(Boolean);
  if (tags.length === 0) {
    return;
  }
  if (!tags.includes(`v${manifest.version}`)) {
    yield `the tag is ${tags.join(', ')}, and the version ${manifest.version}`;
  }
  if (!/ - \d{4}-\d{2}-\d{2}$/.test(heading)) {
    yield `CHANGELOG.md has no date for ${manifest.version}, but "${heading}"`;
  }
  if (run('git', 'status', '--porcelain') !== '') {
    yield 'files differ from what is committed';
  }
}

const folder = mkdtempSync(join(tmpdir(), 'nestjs-reqrep-release-'));
let isRight = true;
try {
  const packed = pack(folder);
  const checks = [
    ['contents', wrongContents(packed, folder)],
    ['program', wrongProgram(packed, folder)],
    ['types', wrongTypes(packed)],
    ['manifest', wrongManifest(packed)],
    ['licences', wrongLicences()],
    ['version', wrongVersion()],
  ];
  for (const [name, findings] of checks) {
    const wrongs = [];
    for await (const wrong of findings) {
      wrongs.push(wrong);
    }
    isRight &&= wrongs.length === 0;
    console.log(`${name}: ${wrongs.length === 0 ? 'right' : `\n  ${wrongs.join('\n  ')}`}`);
  }
  const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`;
  console.log(
    `size: ${kib(packed.size)} packed, ${kib(packed.unpackedSize)} unpacked, ${packed.files.length} files`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = isRight ? 0 : 1;
