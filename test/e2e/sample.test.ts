import { fork, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { hasCompiledRedis } from '../support/compiled-redis.js';

const MAIN = fileURLToPath(new URL('../../sample-app/dist/main.js', import.meta.url));
const WORKER = fileURLToPath(new URL('../../sample-app/dist/worker.js', import.meta.url));
const PICTURES = fileURLToPath(new URL('../../sample-app/pictures', import.meta.url));

/** A row about a thumbnail that was made: file, size before and after, worker, ms. */
const ROW = /^(.+?) +\d+ × \d+ +[\d.]+ +(\d+) × \d+ +[\d.]+ +worker [12] \(pid (\d+)\) +\d+$/;

const folders: string[] = [];

afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
});

describe('the sample app', () => {
  it('has the pictures of its folder rendered by two worker processes', async () => {
    const { code, stdout, stderr } = await runSample();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const pictures = (await readdir(PICTURES)).filter((file) => file !== 'not-a-picture.jpg');
    expect(rowsOf(stdout).map(({ file }) => file)).toEqual(pictures.toSorted());
    expect(new Set(rowsOf(stdout).map(({ pid }) => pid))).toEqual(new Set(workersOf(stdout)));
    expect(workersOf(stdout)).toHaveLength(2);

    const thumbnails = thumbnailsOf(stdout);
    const formats = pictures.map(async (file) => {
      const { format, width } = await sharp(join(thumbnails, `${file}.webp`)).metadata();
      return { format, width };
    });
    expect(await Promise.all(formats)).toEqual(
      pictures.map(() => ({ format: 'webp', width: 320 })),
    );
  });

  it('shows what the caller gets when a worker throws', async () => {
    const { stdout } = await runSample();
    thumbnailsOf(stdout);
    expect(stdout).toMatch(/^not-a-picture\.jpg +– +– +RemoteError +– +worker [12] \(pid \d+\)/m);
    expect(stdout).toContain(
      [
        'not-a-picture.jpg failed:',
        '  class    RemoteError',
        '  code     REMOTE',
        '  queue    thumbnails',
        '  remote   UnreadablePictureError (code UNREADABLE_PICTURE)',
        '  message  not-a-picture.jpg cannot be read as a picture: ',
      ].join('\n'),
    );
  });

  it('leaves no process behind', async () => {
    const { stdout } = await runSample();
    thumbnailsOf(stdout);
    const pids = pidsOf(stdout.split('\n')[0]);
    expect(pids).toHaveLength(3);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("takes the user's own folder, with pictures that cannot be read", async () => {
    const folder = await makeFolder();
    await copyFile(join(PICTURES, 'sand-dunes.jpg'), join(folder, 'two words.JPG'));
    await copyFile(join(PICTURES, 'sea-waves.avif'), join(folder, 'sea.avif'));
    await writeFile(join(folder, 'broken.png'), 'no picture');
    await writeFile(join(folder, 'notes.txt'), 'not listed');
    const { code, stdout, stderr } = await runSample([folder]);
    thumbnailsOf(stdout);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(rowsOf(stdout).map(({ file }) => file)).toEqual(['sea.avif', 'two words.JPG']);
    expect(stdout).toMatch(/^broken\.png +– +– +RemoteError/m);
    expect(stdout).not.toContain('notes.txt');
  });

  it.each([
    ['a folder that is missing', [join(tmpdir(), 'missing')], /^\S+ cannot be read: there is no/],
    ['a file for a folder', [MAIN], /^\S+ cannot be read: it is not a folder\.$/],
    ['two folders', ['my', 'pictures'], /^Give one folder only/],
  ])('refuses %s in one line', async (_, args, message) => {
    await expectRefusal(args, message);
  });

  it('refuses a folder without pictures in one line', async () => {
    await expectRefusal([await makeFolder()], /^\S+ has no pictures \(/);
  });

  it.each([
    ['cannot be reached', 'redis://127.0.0.1:1', /^Worker \d cannot start: .* check REDIS_URL\.$/],
    [
      'is no URL',
      'nonsense',
      /^Worker \d cannot start: InvalidOptionError: .*, got another string$/,
    ],
  ])('refuses a REDIS_URL that %s in one line', async (_, url, message) => {
    await expectRefusal([], message, { REDIS_URL: url });
  });

  it.skipIf(hasCompiledRedis)('does without a Redis where there is none', async () => {
    const { code, stdout, stderr } = await runSample([], { PATH: '' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [first, second] = stdout.split('\n');
    expect(first).toMatch(
      /^Without Redis, all in one process: .+\. For the real thing: apt-get install redis-server, /,
    );
    expect(second).toMatch(/^worker 1 \(pid \d+\)$/);
    const pids = rowsOf(stdout).map(({ pid }) => pid);
    expect(pids).toHaveLength(6);
    expect(new Set(pids)).toEqual(new Set(pidsOf(second)));
    expect(stdout).toMatch(/^not-a-picture\.jpg +– +– +RemoteError/m);
    thumbnailsOf(stdout);
  });

  it('takes its workers along when it is killed', async () => {
    const sample = startSample();
    await once(sample.stdout, 'data');
    sample.kill('SIGKILL');
    // The workers write to the same pipe: it closes when the last of them has ended.
    await once(sample, 'close');
    expect(sample.signalCode).toBe('SIGKILL');
  });

  it('has workers that end also when they are let go of while they still load', async () => {
    const worker = fork(WORKER, { env: { ...process.env, REDIS_URL: 'redis://127.0.0.1:1' } });
    worker.disconnect();
    await once(worker, 'exit');
    expect(worker.exitCode).toBe(0);
  });
});

function startSample(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): ChildProcessByStdio<null, Readable, Readable> {
  const { REDIS_URL: _redis, INIT_CWD: _cwd, ...inherited } = process.env;
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function runSample(args?: readonly string[], env?: Readonly<Record<string, string>>) {
  const sample = startSample(args, env);
  const [stdout, stderr] = await Promise.all([
    text(sample.stdout),
    text(sample.stderr),
    once(sample, 'exit'),
  ]);
  return { code: sample.exitCode, stdout, stderr };
}

async function expectRefusal(
  args: readonly string[],
  message: RegExp,
  env?: Readonly<Record<string, string>>,
): Promise<void> {
  const { code, stdout, stderr } = await runSample(args, env);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd()).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
}

const rowsOf = (stdout: string) =>
  stdout
    .split('\n')
    .map((line) => ROW.exec(line))
    .filter((match) => match !== null)
    .map(([, file, , pid]) => ({ file, pid: Number(pid) }));

const pidsOf = (line = ''): number[] =>
  [...line.matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid));

/** The pids of the workers as the first line tells them. */
const workersOf = (stdout: string): number[] =>
  pidsOf(/worker 1 .*/.exec(stdout.split('\n')[0] ?? '')?.[0]);

/** Where the thumbnails are; they are removed behind the tests. */
function thumbnailsOf(stdout: string): string {
  const folder = /^The thumbnails are in (.+)$/m.exec(stdout)?.[1] ?? 'the output names no folder';
  folders.push(folder);
  return folder;
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sample-test-'));
  folders.push(folder);
  return folder;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
