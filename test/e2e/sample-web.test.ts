import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser } from '../support/browser-program.js';
import { useBrowser } from '../support/browser.js';
import { startSampleServer } from '../support/sample-server.js';
import { waitFor } from '../support/wait-for.js';
import { hasCompiledRedis } from '../support/compiled-redis.js';

const PICTURES = fileURLToPath(new URL('../../sample-app/pictures', import.meta.url));
const picture = (name: string): string => join(PICTURES, name);

/** Where pictures of the page go, for whoever wants to look at them. */
const { SCREENSHOTS } = process.env;

const program = await findBrowser();
const browser = useBrowser(program);

/** How long the sample may take to start while other tests want the processor, too, ms. */
const STARTED = 50_000;

let server: ChildProcessByStdio<null, Readable, Readable>;
let said = '';
let url = '';

beforeAll(async () => {
  server = startSampleServer({ PORT: '0' });
  server.stdout.on('data', (text) => (said += text));
  await waitFor(() => /Open (\S+) in a browser/.test(said), STARTED);
  url = /Open (\S+) in/.exec(said)?.[1] ?? '';
}, 2 * STARTED);

afterAll(async () => {
  server.kill('SIGINT');
  await once(server, 'exit');
});

/** What the workers have said since: `began`, `cancelled` and `stopped` or `ended`, each with ms. */
function saidSince(mark: number, what: string): string[] {
  return said
    .slice(mark)
    .split('\n')
    .filter((line) => line.includes(` ${what}`));
}

async function openPage(): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(url);
  return page;
}

const cardOf = (page: Page, name: string): Locator =>
  page.locator('.card', { has: page.getByRole('heading', { name }) });

const stateOf = (card: Locator): Promise<string | null> => card.getAttribute('data-state');

async function screenshot(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS) {
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }
}

/** How long a picture may take while other tests want the processor, too, ms. */
const RENDERED = 60_000;

/** A picture that takes a worker some seconds. */
const SLOW = 'aurora-lake.jpg';

describe.skipIf(!program)('the page', { timeout: 2 * RENDERED }, () => {
  it('uploads pictures, shows their progress and their worker, and hands out what was made', async () => {
    const page = await openPage();
    await screenshot(page, 'empty');
    await page.setInputFiles('#files', [picture(SLOW), picture('stained-glass.png')]);
    const card = cardOf(page, SLOW);
    const steps = new Set<number>();
    await waitFor(async () => {
      const step = await card.locator('progress').evaluate((bar: { value: number }) => bar.value);
      steps.add(step);
      return (await stateOf(card)) === 'done';
    }, RENDERED);
    expect(steps.size).toBeGreaterThan(2);
    const other = cardOf(page, 'stained-glass.png');
    await waitFor(async () => (await stateOf(other)) === 'done', RENDERED);
    for (const each of [card, other]) {
      expect(await each.locator('.worker').textContent()).toMatch(/^worker [12] \(pid \d+\)$/);
      await each.getByText(/^Download \d+ files$/).click();
      expect(await each.getByRole('link').count()).toBeGreaterThan(4);
      const width = each
        .locator('.preview')
        .evaluate((image: { naturalWidth: number }) => image.naturalWidth);
      expect(await width).toBeGreaterThan(0);
    }
    expect(await page.locator('#count').textContent()).toBe('2 pictures: 2 done.');
    expect(await page.getByRole('status').textContent()).toMatch(/ is done: \d+ files\.$/);
    await screenshot(page, 'done');
    await page.close();
  });

  it('takes dropped pictures', async () => {
    const page = await openPage();
    const bytes = (await readFile(picture('mandelbrot.webp'))).toString('base64');
    // As text, since it is about what only a browser has.
    await page.evaluate(`(async () => {
      const blob = await (await fetch('data:image/webp;base64,${bytes}')).blob();
      const transfer = new DataTransfer();
      transfer.items.add(new File([blob], 'dropped.webp'));
      dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true }));
    })()`);
    const card = cardOf(page, 'dropped.webp');
    await waitFor(async () => (await stateOf(card)) === 'done', RENDERED);
    await page.close();
  });

  it('says in words what is wrong with a file that is no picture', async () => {
    const page = await openPage();
    await page.setInputFiles('#files', picture('not-a-picture.jpg'));
    const card = cardOf(page, 'not-a-picture.jpg');
    await waitFor(async () => (await stateOf(card)) === 'failed');
    const text = await card.locator('.failure').textContent();
    expect(text).toContain('This file cannot be read as a picture');
    expect(text).toContain('Choose a JPEG, PNG');
    // It would fail as often as it is started.
    expect(await card.getByRole('button').count()).toBe(0);
    expect(await page.getByRole('status').textContent()).toContain('not-a-picture.jpg has failed');
    await screenshot(page, 'failed');
    await page.close();
  });

  it('really stops the work with its cancel button, and starts it again', async () => {
    const page = await openPage();
    const mark = said.length;
    await page.setInputFiles('#files', picture(SLOW));
    const card = cardOf(page, SLOW);
    await waitFor(() => saidSince(mark, 'began').length === 1);
    await card.getByRole('button', { name: 'Cancel' }).click();
    await waitFor(() => saidSince(mark, 'cancelled after').length === 1);
    await waitFor(() => saidSince(mark, 'stopped after').length === 1);
    expect(await stateOf(card)).toBe('cancelled');
    expect(await page.getByRole('status').textContent()).toBe(`${SLOW} was cancelled.`);
    await screenshot(page, 'cancelled');
    await card.getByRole('button', { name: 'Start' }).click();
    await waitFor(async () => (await stateOf(card)) === 'done', RENDERED);
    await page.close();
  });

  it('shows that the pictures of a worker that is killed go on in the other one', async () => {
    const page = await openPage();
    const mark = said.length;
    await page.setInputFiles('#files', [picture(SLOW), picture('sunset-ridges.jpg')]);
    const card = cardOf(page, SLOW);
    // Half way: before it has sent anything, its job would be started anew as a whole.
    await waitFor(
      async () => / [3-9] of /.test(` ${await card.locator('.doing').textContent()}`),
      RENDERED,
    );
    const [, number = '', pid = ''] =
      /^worker (\d) \(pid (\d+)\)$/.exec((await card.locator('.worker').textContent()) ?? '') ?? [];
    const row = page.locator('.worker-row', { hasText: `Worker ${number}` });
    expect(await row.textContent()).toContain(SLOW);
    await row.getByRole('button', { name: `Kill worker ${number} (pid ${pid})` }).press('Enter');
    await waitFor(async () => (await row.getAttribute('data-state')) === 'down');
    expect(isAlive(Number(pid))).toBe(false);
    expect(await page.evaluate('document.activeElement.className')).toBe('kill');
    expect(await page.getByRole('status').textContent()).toContain(`Worker ${number} has exited.`);
    await screenshot(page, 'worker-killed');
    const count = page.locator('#count');
    await waitFor(async () => (await count.textContent()) === '2 pictures: 2 done.', 2 * RENDERED);
    expect(await card.locator('.worker').textContent()).not.toContain(pid);
    // None of its files was made twice.
    expect(await card.getByText('Download 10 files').count()).toBe(1);
    await waitFor(async () => (await row.getAttribute('data-state')) === 'running', RENDERED);
    expect(said.slice(mark)).toContain(
      `worker ${number} (pid ${pid}) has exited; a new process replaces`,
    );
    await page.close();
  });

  it('shows progress and Cancel without scrolling, and has the focus where the pictures are', async () => {
    const page = await openPage();
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('button', { name: 'own pictures' }).press('Enter');
    const first = page.locator('.card').first();
    await first.locator('.made').waitFor({ timeout: RENDERED });
    expect(await page.evaluate('[document.activeElement.className, scrollY]')).toEqual(['card', 0]);
    for (const part of ['progress', '.cancel']) {
      const box = await first.locator(part).boundingBox();
      expect((box?.y ?? 800) + (box?.height ?? 0)).toBeLessThan(800);
    }
    const second = page.locator('.card').nth(1);
    const before = await second.boundingBox();
    await first.locator('summary').click();
    expect((await first.boundingBox())?.height).toBeGreaterThan(before?.height ?? 0);
    expect((await second.boundingBox())?.height).toBe(before?.height);
    await page.close();
  });

  it('does not speak of dropping where there is only a finger', async () => {
    const page = await openPage();
    expect(await page.getByText('or drop them').isVisible()).toBe(true);
    const session = await browser.context.newCDPSession(page);
    await session.send('Emulation.setEmulatedMedia', {
      features: [
        { name: 'hover', value: 'none' },
        { name: 'pointer', value: 'coarse' },
      ],
    });
    await session.send('Emulation.setTouchEmulationEnabled', { enabled: true });
    await session.send('Emulation.setEmitTouchEventsForMouse', { enabled: true });
    await page.setViewportSize({ width: 390, height: 844 });
    await session.send('Emulation.setDeviceMetricsOverride', {
      width: 390,
      height: 844,
      deviceScaleFactor: 1,
      mobile: true,
    });
    expect(await page.getByText('or drop them').isVisible()).toBe(false);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.close();
  });

  it('can be used by keyboard alone', async () => {
    const page = await openPage();
    const mark = said.length;
    const chooser = page.waitForEvent('filechooser');
    await waitFor(async () => {
      await page.keyboard.press('Tab');
      return (await page.evaluate('document.activeElement.type')) === 'file';
    }, RENDERED);
    await page.keyboard.press('Space');
    await (await chooser).setFiles(picture(SLOW));
    await waitFor(() => saidSince(mark, 'began').length === 1, RENDERED);
    // On the way are the button of the sample's own pictures, and links to what has been made by now.
    await waitFor(async () => {
      await page.keyboard.press('Tab');
      return (await page.evaluate('document.activeElement.className')) === 'cancel';
    }, RENDERED);
    await page.keyboard.press('Space');
    await waitFor(() => saidSince(mark, 'stopped after').length === 1, RENDERED);
    const card = cardOf(page, SLOW);
    expect(await stateOf(card)).toBe('cancelled');
    await page.keyboard.press('Enter');
    await waitFor(async () => (await stateOf(card)) === 'done', RENDERED);
    // The button that had the focus has gone, and the card has it.
    expect(await page.evaluate('document.activeElement.className')).toBe('card');
    await page.close();
  }, 120_000);

  it(
    'runs the pictures of the sample, few at a time',
    async () => {
      const page = await openPage();
      await page.getByRole('button', { name: 'own pictures' }).click();
      await waitFor(async () => (await page.locator('.card').count()) === 7);
      await screenshot(page, 'running');
      await page.emulateMedia({ colorScheme: 'dark' });
      await screenshot(page, 'running-dark');
      await page.setViewportSize({ width: 380, height: 800 });
      await screenshot(page, 'running-narrow');
      const count = page.locator('#count');
      await waitFor(
        async () => (await count.textContent()) === '7 pictures: 6 done, 1 failed.',
        3 * RENDERED,
      );
      await screenshot(page, 'all-narrow-dark');
      await page.setViewportSize({ width: 1100, height: 900 });
      await screenshot(page, 'all-dark');
      await page.close();
    },
    4 * RENDERED,
  );
});

describe.skipIf(!program)('a page that goes', () => {
  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['is closed', (page) => page.close()],
    ['is loaded anew', (page) => page.reload()],
  ])('stops its work within a second when it %s', async (_, leave) => {
    const page = await openPage();
    const mark = said.length;
    await page.setInputFiles('#files', [picture(SLOW), picture('sunset-ridges.jpg')]);
    await waitFor(() => saidSince(mark, 'began').length === 2);
    const left = performance.now();
    await leave(page);
    await waitFor(() => saidSince(mark, 'cancelled after').length === 2);
    expect(performance.now() - left).toBeLessThan(1_000);
    await waitFor(() => saidSince(mark, 'stopped after').length === 2);
    await page.close();
  });
});

describe('the server', () => {
  it.each([
    ['an upload that is empty', { method: 'POST', body: '' }, 'pictures', 400, 'The file is empty'],
    [
      'a picture that it does not have',
      {},
      'pictures/..%2f..%2fetc%2fpasswd/progress',
      404,
      'no such picture',
    ],
  ])('refuses %s', async (_, init, path, status, text) => {
    const response = await fetch(`${url}/${path}`, init);
    expect([response.status, await response.text()]).toEqual([
      status,
      expect.stringContaining(text),
    ]);
  });

  it.each([
    ['another site', { origin: 'http://example.com' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a name of another site', { host: 'example.com' }],
  ])('kills no worker for %s', async (_, headers) => {
    for (const path of ['workers/1/kill', 'pictures']) {
      expect(await statusOf(path, headers)).toBe(403);
    }
    expect(await statusOf('workers/3/kill', {})).toBe(404);
  });

  it('refuses an upload that is too large before it is read', async () => {
    const response = await fetch(`${url}/pictures`, { method: 'POST', body: Buffer.alloc(31e6) });
    expect(response.status).toBe(413);
    expect(await response.text()).toContain('30 MB are allowed');
  });

  it('says in a line that its port is taken, and leaves nothing behind', async () => {
    const second = startSampleServer({ PORT: new URL(url).port });
    let error = '';
    second.stderr.on('data', (text) => (error += text));
    await once(second, 'close');
    expect(second.exitCode).toBe(1);
    expect(error).toMatch(
      /^Port \d+ is taken by another program\. Choose another one: PORT=\d+ npm start/,
    );
  });

  it('answers probes: whether pictures can be made, and whether the process lives', async () => {
    const ready = await fetch(`${url}/health`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      status: 'ok',
      info: { redis: { status: 'up', queues: { 'picture-sets': { workers: 2 } } } },
    });
    const live = await fetch(`${url}/health/live`);
    expect([live.status, await live.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('has the dashboard of its queues at /queues, by the names of this machine only', async () => {
    const page = await openPage();
    await page.getByRole('link', { name: 'See the queues' }).click();
    await page.locator('tbody a', { hasText: 'picture-sets' }).click();
    await page.getByRole('heading', { name: 'picture-sets' }).waitFor();
    await expect.poll(() => page.locator('.worker-rows tr').count()).toBe(2);
    await screenshot(page, 'queue');
    await page.close();
    expect(await statusOf('queues/api/pause', { host: 'other.example' })).toBe(403);
  });

  it('ends with all of its processes when it is told to', async () => {
    const other = startSampleServer({ PORT: '0' });
    let text = '';
    other.stdout.on('data', (part) => (text += part));
    await waitFor(() => text.includes('in a browser'), STARTED);
    const pids = [...text.matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid));
    other.kill('SIGTERM');
    await once(other, 'close');
    expect([pids.length, other.exitCode]).toEqual([3, 0]);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it.skipIf(hasCompiledRedis)(
    'makes pictures in its own process where there is no Redis, and kills nothing there',
    async () => {
      const other = startSampleServer({ PORT: '0', PATH: '' });
      let text = '';
      other.stdout.on('data', (part) => (text += part));
      await waitFor(() => text.includes('in a browser'), STARTED);
      const own = /Open (\S+) in/.exec(text)?.[1] ?? '';
      const sent = await fetch(`${own}/pictures?name=dunes.jpg`, {
        method: 'POST',
        body: await readFile(picture('sand-dunes.jpg')),
      });
      const { id } = (await sent.json()) as { id: string };
      const progress = await fetch(`${own}/pictures/${id}/progress`);
      expect(await progress.text()).toContain('"made"');
      const { status } = await fetch(`${own}/workers/1/kill`, { method: 'POST' });
      expect(status).toBe(409);
      other.kill('SIGTERM');
      await once(other, 'close');
      expect(other.exitCode).toBe(0);
    },
  );
});

/** `fetch` would set some of these headers itself. */
async function statusOf(path: string, headers: OutgoingHttpHeaders): Promise<number | undefined> {
  const request = httpRequest(`${url}/${path}`, { method: 'POST', headers }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
