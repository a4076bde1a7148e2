import type { Page } from 'playwright-core';
import { lastValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser } from '../support/browser-program.js';
import { useBrowser } from '../support/browser.js';
import { startCli, type RunningCli } from '../support/cli.js';
import { openReqRep } from '../support/open-reqrep.js';
import { startProcess } from '../support/processes.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';
import { keepPicture, openWatchedPage } from '../support/watched-page.js';

const LEASE_MS = 1_500;

const server = useRedis();
const program = await findBrowser();
const browser = useBrowser(program);

let writable: RunningCli;
let readOnly: RunningCli;

const startDashboard = async (...args: string[]): Promise<RunningCli> => {
  const cli = startCli(['dashboard', '--port', '0', '--url', server.url, ...args]);
  await waitFor(() => cli.stdout.includes('\n'), 30_000);
  return cli;
};

const urlOf = (cli: RunningCli): string => (JSON.parse(cli.stdout) as { url: string }).url;

beforeAll(async () => {
  [writable, readOnly] = await Promise.all([startDashboard(), startDashboard('--read-only')]);
});

afterAll(async () => {
  for (const cli of [writable, readOnly]) {
    cli.child.kill('SIGINT');
    await cli.end();
  }
});

const open = (path = ''): Promise<Page> =>
  openWatchedPage(browser.context, `${urlOf(writable)}${path}`);

const pathOf = (page: 'queue' | 'dead', queue: string): string =>
  `#/${page}?${new URLSearchParams({ name: queue }).toString()}`;

const worker = (queue: string, env: Readonly<Record<string, string>> = {}) =>
  startProcess('worker', {
    QUEUE: queue,
    REDIS_URL: server.url,
    OPTIONS: JSON.stringify({ lease: LEASE_MS }),
    ...env,
  });

/** What breaks pages that trust data. */
const SCRIPT = '<script>document.title="hacked"</script><img src="x" onerror="document.title=1">';
const HOSTILE = {
  script: { html: SCRIPT },
  large: 'large '.repeat(160_000),
  turned: { file: 'photo\u202egpj.exe', half: '\ud83d', zero: '\u0000' },
};

/** A job nested too deep for most of what reads JSON. */
const DEEP = `["deep",${'['.repeat(100_000)}${']'.repeat(100_000)}]`;

/** Makes dead letters of emitted jobs, in the order of the data. */
async function bury(queue: string, data: readonly unknown[], message: string): Promise<void> {
  const { admin, client, workers } = openReqRep({ connection: server.url, logger: false });
  await workers.serve(queue, () => {
    throw new TypeError(message);
  });
  await Promise.all(data.map((each) => lastValueFrom(client.emit(queue, each))));
  await waitFor(async () => (await admin.deadLetters(queue).count()) === data.length, 20_000);
  await workers.stop();
}

const buttonOf = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** Presses Tab until a control has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const focused = page.locator(':focus');
  for (let count = 0; count < 100; count += 1) {
    await page.keyboard.press('Tab');
    const label = (await focused.count()) > 0 ? await focused.evaluate(nameOfControl) : '';
    if (name.test(label)) {
      return;
    }
  }
  throw new Error(`No control is named ${String(name)}`);
}

/** Runs in the browser. */
const nameOfControl = (element: { ariaLabel: string | null; textContent: string | null }): string =>
  element.ariaLabel ?? element.textContent ?? '';

/** Whether the page is wider than its window. Runs in the browser. */
const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');

describe.skipIf(!program)('the dashboard in a browser', { timeout: 90_000 }, () => {
  it('shows 50 queues, finds one, sorts them, and follows what happens', async () => {
    const prefix = randomQueue();
    const names = Array.from({ length: 50 }, (_, index) => `${prefix}-${index}`);
    const { client, workers } = openReqRep({ connection: server.url });
    await Promise.all(names.map((name) => workers.serve(name, (data: unknown) => data)));
    const page = await open();
    await page.getByLabel('Find a queue').fill(prefix);
    const rows = page.locator('tbody tr');
    await expect.poll(() => rows.count(), { timeout: 10_000 }).toBe(50);
    await keepPicture(page, 'queues');
    await page.getByLabel('Find a queue').fill(`${prefix}-7`);
    await expect.poll(() => rows.count()).toBe(1);
    await client.request(`${prefix}-7`, 1);
    // The worker tells its counts with the next renewal of its lease.
    const rate = rows.first().locator('td[data-title="Jobs/s"]');
    await expect
      .poll(async () => Number(await rate.textContent()), { timeout: 10_000 })
      .toBeGreaterThan(0);
    await page.getByLabel('Find a queue').fill(prefix);
    await buttonOf(page, 'Jobs/s').click();
    await expect.poll(() => rows.first().locator('a').first().textContent()).toBe(`${prefix}-7`);
    expect(await page.locator('th[aria-sort]').textContent()).toContain('Jobs/s');
  });

  it('shows names and data of strangers as they are, and runs nothing of them', async () => {
    const queue = `${SCRIPT}\u202e${randomQueue()}`;
    await bury(queue, Object.values(HOSTILE), `${SCRIPT}\u202e`);
    await server.look.lpush(`${queue}requests`, DEEP);
    const page = await open();
    await page.getByLabel('Find a queue').fill(SCRIPT);
    await page.locator('tbody th a').first().click();
    await expect.poll(() => page.locator('h1').textContent()).toContain(SCRIPT);
    expect(await page.locator('h1').textContent()).toContain(String.raw`\u202e`);
    await page.locator('.entries summary').first().click();
    expect(await page.locator('.entries pre').textContent()).toContain('[[[[');
    await keepPicture(page, 'queue-hostile');
    await page.getByRole('definition').getByRole('link').click();
    const letters = page.locator('.letter');
    await expect.poll(() => letters.count()).toBe(3);
    for (const letter of await letters.all()) {
      await letter.locator('summary').click();
      expect(await letter.locator('summary').textContent()).toContain(SCRIPT);
    }
    const texts = await letters.locator('.data pre').allTextContents();
    expect(texts.join(' ')).toContain(String.raw`photo\u202egpj.exe`);
    expect(texts.join(' ')).toContain('<img src=');
    await keepPicture(page, 'letters-hostile');
    const large = letters.filter({ hasText: 'large large' });
    await large.getByRole('button', { name: 'Show more' }).click();
    await expect
      .poll(async () => (await large.locator('.data pre').textContent())?.length)
      .toBeGreaterThan(900_000);
    expect(await page.title()).toContain('Dead letters of');
    expect(await page.locator('main img, main script').count()).toBe(0);
  });

  it('retries one dead letter and 100, removes one, and asks before it removes all of 1 000', async () => {
    const queue = randomQueue();
    await bury(
      queue,
      Array.from({ length: 1_000 }, (_, index) => ({ index })),
      'No paper left',
    );
    const { admin } = openReqRep({ connection: server.url });
    const page = await open(pathOf('dead', queue));
    await expect.poll(() => page.locator('.letter').count()).toBe(100);
    await keepPicture(page, 'letters');
    await page.locator('.letter summary').first().click();
    await page.locator('.letter').first().getByRole('button', { name: 'Retry' }).click();
    await expect.poll(async () => (await admin.queue(queue)).waiting).toBe(1);
    expect(await admin.deadLetters(queue).count()).toBe(999);
    await page.getByLabel('All of this page').check();
    await buttonOf(page, 'Retry 100').click();
    await expect.poll(async () => (await admin.queue(queue)).waiting).toBe(101);
    await expect.poll(() => page.getByText('899 jobs that no worker').count()).toBe(1);
    await page.getByRole('checkbox').nth(1).check();
    await buttonOf(page, 'Remove 1').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await expect.poll(() => admin.deadLetters(queue).count()).toBe(898);
    await page.getByRole('button', { name: 'Next' }).click();
    await expect.poll(() => page.getByText('101 to 200 of 898').count()).toBe(1);
    await buttonOf(page, 'Remove all').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(await admin.deadLetters(queue).count()).toBe(898);
    await buttonOf(page, 'Remove all').click();
    await keepPicture(page, 'question');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove all' }).click();
    await expect.poll(() => page.getByText('No dead letters.').count()).toBe(1);
    expect(await admin.deadLetters(queue).count()).toBe(0);
  });

  it('pauses and resumes workers of another process within a second, by the keyboard alone', async () => {
    const queue = randomQueue();
    await worker(queue, { OPTIONS: JSON.stringify({ lease: 60_000 }) });
    const { admin, client } = openReqRep({ connection: server.url });
    const page = await open();
    await page.getByLabel('Find a queue').fill(queue);
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await tabTo(page, new RegExp(queue));
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.worker-rows tr').count()).toBe(1);
    await tabTo(page, /^Pause$/);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByText('Paused for 1 worker.').count()).toBe(1);
    const isPaused = async (): Promise<boolean> =>
      (await admin.workers(queue))[0]?.isPaused === true;
    await waitFor(isPaused, 1_000);
    const reply = client.request(queue, 'waited');
    await expect.poll(() => page.locator('.entries li').count()).toBe(1);
    await keepPicture(page, 'queue-paused');
    // The focus has stayed where it was.
    expect(await page.locator(':focus').textContent()).toBe('Resume');
    await page.keyboard.press('Enter');
    expect(await reply).toMatchObject({ data: 'waited' });
    await expect.poll(() => page.locator('.entries li').count()).toBe(0);
  });

  it('removes a waiting job, and its caller hears of it', async () => {
    const queue = randomQueue();
    const { client } = openReqRep({ connection: server.url });
    const reply = client
      .request(queue, 'too much', { timeout: 60_000 })
      .catch((error: unknown) => error);
    const page = await open(pathOf('queue', queue));
    await page.locator('.entries summary').click();
    await page.locator('.entries').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    expect(await reply).toMatchObject({ code: 'JOB_REMOVED' });
    await expect.poll(() => page.getByText('Removed the job.').count()).toBe(1);
  });

  it('shows what runs, and a worker that was killed no longer than its lease', async () => {
    const queue = randomQueue();
    const killed = await worker(queue, { MS: '60000' });
    const { client } = openReqRep({ connection: server.url });
    client.emit(queue, 'long').subscribe();
    const page = await open(pathOf('queue', queue));
    await expect.poll(() => page.locator('.running-rows tr').count()).toBe(1);
    expect(await page.locator('.running-rows tr').textContent()).toContain(`process ${killed.pid}`);
    await keepPicture(page, 'queue-running');
    killed.kill('SIGKILL');
    const killedAt = performance.now();
    await expect.poll(() => page.locator('.worker-rows tr').count(), { timeout: 10_000 }).toBe(0);
    // The page looks about once a second.
    expect(performance.now() - killedAt).toBeLessThan(LEASE_MS + 3_000);
  });

  it('fits on a telephone, in light and dark', async () => {
    const queue = `${'very-long-name-'.repeat(8)}${randomQueue()}`;
    await bury(queue, [{ text: 'without-any-space-'.repeat(40) }], 'without-any-space-'.repeat(40));
    await worker(queue);
    const page = await open();
    await page.setViewportSize({ width: 390, height: 844 });
    const grounds: string[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const [name, path] of [
        ['queues', '#/'],
        ['workers', '#/workers'],
        ['queue', pathOf('queue', queue)],
        ['dead', pathOf('dead', queue)],
      ] as const) {
        await page.goto(`${urlOf(writable)}${path}`);
        await page.locator('tbody tr, .entries li').first().waitFor();
        await keepPicture(page, `telephone-${name}-${scheme}`);
        expect(await isTooWide(page), name).toBe(false);
      }
      await page.locator('.letter summary').click();
      expect(await isTooWide(page), 'an open letter').toBe(false);
      grounds.push(
        await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor'),
      );
    }
    expect(new Set(grounds).size).toBe(2);
  });

  it('has no buttons where it is read-only, and the server refuses what a page sends all the same', async () => {
    const queue = randomQueue();
    await bury(queue, [1], 'No paper left');
    const page = await openWatchedPage(
      browser.context,
      `${urlOf(readOnly)}${pathOf('dead', queue)}`,
    );
    await page.locator('.letter summary').click();
    expect(await page.getByText('read-only').count()).toBe(1);
    expect(await page.getByRole('button', { name: /retry|remove|pause/i }).count()).toBe(0);
    const { admin } = openReqRep({ connection: server.url });
    const answer = await fetch(`${urlOf(readOnly)}api/remove-letters`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ queue, ids: 'all' }),
    });
    expect(answer.status).toBe(403);
    expect(await admin.deadLetters(queue).count()).toBe(1);
  });

  it('says that its server is away, and goes on when it is back', async () => {
    const page = await openWatchedPage(browser.context, urlOf(writable));
    await expect.poll(() => page.locator('.live').textContent()).toBe('live');
    await server.look.call('CLIENT', 'PAUSE', '6000', 'ALL');
    await expect.poll(() => page.locator('.trouble').count(), { timeout: 15_000 }).toBe(1);
    await expect.poll(() => page.locator('.live').textContent(), { timeout: 15_000 }).toBe('live');
    expect(await page.locator('.trouble').count()).toBe(0);
  });
});
