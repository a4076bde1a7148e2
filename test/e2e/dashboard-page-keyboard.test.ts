import { ExpressAdapter } from '@nestjs/platform-express';
import type { Page } from 'playwright-core';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ReqRepDashboardModule } from '../../lib/dashboard/index.js';
import { ReqRepModule } from '../../lib/index.js';
import { findBrowser } from '../support/browser-program.js';
import { useBrowser } from '../support/browser.js';
import { contrastsBelow } from '../support/contrasts.js';
import { listen } from '../support/dashboard-app.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';
import { openWatchedPage } from '../support/watched-page.js';

const server = useRedis();
const program = await findBrowser();
const browser = useBrowser(program);

async function open(path: string): Promise<Page> {
  const imports = [
    ReqRepModule.forRoot({ connection: server.url }),
    ReqRepDashboardModule.forRoot(),
  ];
  const { app, url } = await listen(() => new ExpressAdapter(), { imports });
  // A browser keeps connections that it has not used yet.
  onTestFinished(() => app.getHttpServer().closeAllConnections());
  return openWatchedPage(browser.context, `${url}/queues/${path}`);
}

/** Leaves jobs in a queue, which wait or are dead. */
async function leave(queue: string, count: number, kind: 'waiting' | 'dead'): Promise<void> {
  const { admin, client, workers } = openReqRep({ connection: server.url, logger: false });
  if (kind === 'dead') {
    await workers.serve(queue, () => {
      throw new TypeError('no paper left');
    });
  }
  await Promise.all(
    Array.from({ length: count }, (_, index) => lastValueFrom(client.emit(queue, index))),
  );
  await waitFor(async () => (await admin.queue(queue))[kind] === count, 20_000);
  await workers.stop();
}

const focused = (page: Page) => page.locator(':focus');
const rowOfFocus = (page: Page) => page.locator('li:has(:focus)').textContent();

describe.skipIf(!program)('a page by the keyboard', { timeout: 60_000 }, () => {
  it('puts the focus on the next job where one was removed, and on the page behind the last', async () => {
    const queue = randomQueue();
    await leave(queue, 2, 'waiting');
    const page = await open(`#/queue?name=${queue}`);
    const jobs = page.locator('.entries > li');
    await expect.poll(() => jobs.count()).toBe(2);
    const next = String(await jobs.nth(1).locator('summary .id').textContent());
    for (const left of [1, 0]) {
      await jobs.first().locator('summary').focus();
      await page.keyboard.press('Enter');
      await jobs.first().getByRole('button', { name: 'Remove' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).focus();
      await page.keyboard.press('Enter');
      await expect.poll(() => jobs.count()).toBe(left);
      await expect.poll(() => focused(page).count()).toBe(1);
      if (left > 0) {
        expect(await rowOfFocus(page)).toContain(next);
      } else {
        expect(await focused(page).getAttribute('id')).toBe('main');
      }
    }
  });

  it('keeps the focus on a button that has nothing to do any more', async () => {
    const queue = randomQueue();
    await leave(queue, 30, 'waiting');
    const page = await open(`#/queue?name=${queue}`);
    const next = page.getByRole('button', { name: 'Next' });
    await next.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByText('21 to 30 of 30').count()).toBe(1);
    expect(await focused(page).textContent()).toBe('Next');
    expect(await next.getAttribute('aria-disabled')).toBe('true');
    await page.keyboard.press('Enter');
    expect(await page.getByText('21 to 30 of 30').count()).toBe(1);
    const purge = page.getByRole('button', { name: 'Remove all waiting' });
    await purge.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove all' }).press('Enter');
    await expect.poll(() => purge.getAttribute('aria-disabled')).toBe('true');
    expect(await focused(page).textContent()).toBe('Remove all waiting');
  });

  it('shows no job any more that was removed from a further page', async () => {
    const queue = randomQueue();
    await leave(queue, 22, 'waiting');
    const page = await open(`#/queue?name=${queue}`);
    await page.getByRole('button', { name: 'Next' }).click();
    const jobs = page.locator('.entries > li');
    await expect.poll(() => jobs.count()).toBe(2);
    await jobs.first().locator('summary').click();
    await jobs.first().getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await expect.poll(() => jobs.count()).toBe(1);
  });

  it('puts the focus on the next dead letter, and shows the page before where the last one is gone', async () => {
    const queue = randomQueue();
    await leave(queue, 101, 'dead');
    const page = await open(`#/dead?name=${queue}`);
    const letters = page.locator('.letter');
    await expect.poll(() => letters.count()).toBe(100);
    await page.getByRole('button', { name: 'Next' }).click();
    await expect.poll(() => letters.count()).toBe(1);
    await letters.first().locator('summary').click();
    await letters.first().getByRole('button', { name: 'Retry' }).press('Enter');
    await expect.poll(() => letters.count()).toBe(100);
    await letters.first().locator('summary').click();
    await letters.first().getByRole('button', { name: 'Retry' }).press('Enter');
    await expect.poll(() => letters.count()).toBe(99);
    await expect.poll(() => page.locator('.letter:first-child :focus').count()).toBe(1);
  });

  it('is legible in light and dark, and sorts on a telephone', async () => {
    const queue = randomQueue();
    await leave(queue, 2, 'dead');
    const { admin, workers } = openReqRep({ connection: server.url });
    await workers.serve(queue, () => 1);
    await workers.pause(queue);
    await admin.pause(queue);
    await leave(`${queue}2`, 21, 'waiting');
    const page = await open('');
    const root = page.url();
    const sort = page.getByRole('button', { name: 'Oldest' });
    for (const width of [1_100, 390]) {
      await page.setViewportSize({ width, height: 844 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const path of [
          '',
          '#/workers',
          `#/queue?name=${queue}`,
          `#/queue?name=${queue}2`,
          `#/dead?name=${queue}`,
        ]) {
          await page.goto(root + path);
          await page.locator('tbody tr, .entries li').first().waitFor();
          for (const summary of await page.locator('summary').all()) {
            await summary.click();
          }
          expect([path, colorScheme, await contrastsBelow(page, 4.5)]).toEqual([
            path,
            colorScheme,
            [],
          ]);
        }
      }
    }
    await page.goto(root);
    await sort.click();
    expect(await page.locator('th[aria-sort]').textContent()).toContain('Oldest');
  });
});
