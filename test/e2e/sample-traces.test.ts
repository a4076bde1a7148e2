import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSampleServer } from '../support/sample-server.js';
import { waitFor } from '../support/wait-for.js';

/** How long the sample may take to start while other tests want the processor, too, ms. */
const STARTED = 50_000;

/** Tells at the end of each process of the sample what it has loaded of OpenTelemetry. */
const TELLS_WHAT_IS_LOADED = `import { createRequire } from 'node:module';
const { cache } = createRequire(process.execPath);
process.on('exit', () => {
  const files = Object.keys(cache).filter((file) => file.includes('@opentelemetry'));
  process.stderr.write(files.length + ' files of OpenTelemetry\\n');
});`;

/** A line of a tree: process, kind, branch, name, ms, notes. */
const ROW = /^(web|worker \d) +(SERVER|CLIENT) {2}([ │├└─?]*)(\S.*?) +[\d.]+ ms(?: {2}(.+))?$/;

const ROUTE = 'GET /pictures/:id/progress';

/** A row of a tree: process, kind, depth, name, notes. */
type Row = readonly [string, string, number, string, string];

interface Sample {
  readonly url: string;
  /** What the sample has printed. */
  readonly said: () => string;
  /** Stops the sample. @returns what it has printed of errors. */
  readonly stop: () => Promise<string>;
}

async function startSample(args: readonly string[]): Promise<Sample> {
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(TELLS_WHAT_IS_LOADED)}`;
  const server = startSampleServer({ PORT: '0', NODE_OPTIONS }, args);
  let said = '';
  server.stdout.on('data', (part) => (said += part));
  const errors = text(server.stderr);
  const closed = once(server, 'close');
  const stop = async (): Promise<string> => {
    server.kill('SIGINT');
    await closed;
    return errors;
  };
  await waitFor(() => /Open (\S+) in a browser/.test(said), STARTED);
  return { url: /Open (\S+) in/.exec(said)?.[1] ?? '', said: () => said, stop };
}

/** @returns the response with the progress of a picture. */
async function send(
  { url }: Sample,
  name: string,
  body: Uint8Array<ArrayBuffer>,
  signal?: AbortSignal,
): Promise<Response> {
  const upload = await fetch(`${url}/pictures`, { method: 'POST', body });
  const { id } = (await upload.json()) as { id: string };
  return fetch(`${url}/pictures/${id}/progress?name=${name}`, { ...(signal && { signal }) });
}

/** Makes a square picture; one of 200 pixels has two renditions. */
async function tealPicture(edge: number): Promise<Uint8Array<ArrayBuffer>> {
  const create = { width: edge, height: edge, channels: 3, background: 'teal' } as const;
  return Uint8Array.from(await sharp({ create }).png().toBuffer());
}

const rowsOf = (lines: readonly string[]): Row[] =>
  lines
    .map((line) => ROW.exec(line))
    .filter((match) => match !== null)
    .map(([, process = '', kind = '', branch = '', name = '', notes = '']) => [
      process,
      kind,
      branch.length / 3,
      name,
      notes,
    ]);

const aWorker = expect.stringMatching(/^worker [12]$/);

describe('npm start -- --trace', { timeout: STARTED }, () => {
  let sample: Sample;

  beforeAll(async () => {
    sample = await startSample(['--trace']);
  }, STARTED);

  afterAll(() => sample.stop());

  /** @returns the lines of the next trace that the sample prints. */
  async function traceOf(work: () => Promise<unknown>): Promise<string[]> {
    const mark = sample.said().length;
    await work();
    const print = (): string | undefined => /^Trace .*?\n\n/ms.exec(sample.said().slice(mark))?.[0];
    await waitFor(() => print() !== undefined);
    return print()?.trimEnd().split('\n') ?? [];
  }

  it('prints a picture as one tree across its processes', async () => {
    const lines = await traceOf(async () => {
      const response = await send(sample, 'teal.png', await tealPicture(200));
      expect(await response.text()).toContain('event: done');
    });
    const rows = rowsOf(lines);
    expect(rows).toEqual([
      ['web', 'SERVER', 0, ROUTE, ''],
      ['web', 'CLIENT', 1, 'picture-sets', '4 values'],
      [aWorker, 'SERVER', 2, 'picture-sets', '4 values'],
      [aWorker, 'CLIENT', 3, 'plans', ''],
      [aWorker, 'SERVER', 4, 'plans', ''],
    ]);
    // The job's own request leaves from the process of the job.
    expect(rows[3]?.[0]).toBe(rows[2]?.[0]);
    const processes = [...new Set(rows.map(([process]) => process))].join(', ');
    expect(lines[0]).toMatch(new RegExp(`^Trace [0-9a-f]{32}: 5 spans of ${processes}$`));
    expect(lines).toHaveLength(6);
  });

  it('shows where an error began and which way it went, without colours, in 80 columns', async () => {
    const lines = await traceOf(async () => {
      const response = await send(sample, 'notes.png', new TextEncoder().encode('no picture'));
      expect(await response.text()).toContain('event: failed');
    });
    expect(rowsOf(lines)).toEqual([
      ['web', 'SERVER', 0, ROUTE, ''],
      ['web', 'CLIENT', 1, 'picture-sets', 'ERROR REMOTE'],
      [aWorker, 'SERVER', 2, 'picture-sets', 'ERROR REMOTE'],
      [aWorker, 'CLIENT', 3, 'plans', 'ERROR REMOTE'],
      [aWorker, 'SERVER', 4, 'plans', 'ERROR REMOTE'],
    ]);
    const message = lines.slice(6).join('').replaceAll('  ', ' ');
    expect(message).toMatch(/^plans: notes\.png cannot be read as a picture: .*image format$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(sample.said()).not.toContain('\u001B');
  });

  it('shows a cancellation, also of a job that goes on for a moment', async () => {
    const page = new AbortController();
    const picture = await tealPicture(3_000);
    const lines = await traceOf(async () => {
      await send(sample, 'large.png', picture, page.signal);
      await waitFor(() => sample.said().includes('large.png began'));
      page.abort();
    });
    const [http, call, job] = rowsOf(lines);
    expect([http?.[3], call?.[3], job?.[3]]).toEqual([ROUTE, 'picture-sets', 'picture-sets']);
    expect([call?.[4], job?.[4]].map((notes) => notes?.split(', ').at(-1))).toEqual([
      'CANCELLED',
      'CANCELLED',
    ]);
  });

  it('shows a request without a job, and its status', async () => {
    const lines = await traceOf(async () => {
      const response = await fetch(`${sample.url}/pictures/unknown/progress`);
      expect(response.status).toBe(404);
    });
    expect(lines[0]).toMatch(/: 1 span of web$/);
    expect(rowsOf(lines)).toEqual([['web', 'SERVER', 0, ROUTE, '404']]);
  });

  it('loads OpenTelemetry in each of its processes', async () => {
    expect(await sample.stop()).toMatch(/^([1-9]\d* files of OpenTelemetry\n){3}$/);
  });
});

describe('npm start', { timeout: STARTED }, () => {
  it('prints no trace, and loads nothing of OpenTelemetry', async () => {
    const sample = await startSample([]);
    const response = await send(sample, 'teal.png', await tealPicture(200));
    expect(await response.text()).toContain('event: done');
    const errors = await sample.stop();
    expect(sample.said()).toMatch(/: teal\.png ended after /);
    const lines = sample.said().split('\n').filter(Boolean);
    expect(lines.filter((line) => !/^(Redis on|Open|worker [12] |Stopp)/.test(line))).toEqual([]);
    expect(errors).toBe('0 files of OpenTelemetry\n'.repeat(3));
  });

  it('refuses an argument that it does not know in one line', async () => {
    const server = startSampleServer({ PORT: '0' }, ['--traces']);
    const [errors] = await Promise.all([text(server.stderr), once(server, 'close')]);
    expect(errors).toBe(
      '"--traces" is unknown. The only argument is --trace: npm start -- --trace\n',
    );
    expect(server.exitCode).toBe(1);
  });
});
