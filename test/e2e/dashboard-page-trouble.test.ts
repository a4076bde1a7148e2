import { HttpException } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ReqRepDashboardModule } from '../../lib/dashboard/index.js';
import { ReqRepModule } from '../../lib/index.js';
import { Keys } from '../../lib/protocol/keys.js';
import { findBrowser } from '../support/browser-program.js';
import { useBrowser } from '../support/browser.js';
import { listen } from '../support/dashboard-app.js';
import { openReqRep } from '../support/open-reqrep.js';
import { randomQueue } from '../support/random-queue.js';
import { useRedis } from '../support/redis.js';

const server = useRedis();
const program = await findBrowser();
const browser = useBrowser(program);

/** How an application refuses who has no session. */
type Refusal = 'nothing' | 'with 403' | 'with a redirect' | 'with a page';

/** Starts an application with a login in front of the dashboard. */
async function start() {
  const session: { refuses: Refusal } = { refuses: 'nothing' };
  const login = (
    _request: object,
    response: { redirect(to: string): void; type(name: string): { send(text: string): void } },
    next: () => void,
  ): void => {
    if (session.refuses === 'with a redirect') {
      response.redirect('http://localhost:9/login');
    } else if (session.refuses === 'with a page') {
      response.type('html').send('<!doctype html>Log in');
    } else {
      next();
    }
  };
  const guard = {
    canActivate: (): boolean => {
      if (session.refuses === 'with 403') {
        throw new HttpException('no session', 403);
      }
      return true;
    },
  };
  const imports = [
    ReqRepModule.forRoot({ connection: server.url }),
    ReqRepDashboardModule.forRoot({ guards: [guard], middleware: [login] }),
  ];
  const { app, url } = await listen(() => new ExpressAdapter(), { imports });
  const endStreams = (): void => app.getHttpServer().closeAllConnections();
  // A browser keeps connections that it has not used yet.
  onTestFinished(endStreams);
  return { session, url: `${url}/queues/`, endStreams };
}

async function openPage(): Promise<Page> {
  const page = await browser.context.newPage();
  onTestFinished(() => page.close());
  return page;
}

const live = (page: Page) => page.locator('.live');
const trouble = (page: Page) => page.locator('.trouble');

/** Counts the alerts of a page from now on. */
async function countAlerts(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(`
    window.alerts = 0;
    new MutationObserver((records) => {
      window.alerts += records.filter(({ addedNodes }) => addedNodes.length > 0).length;
    }).observe(document.querySelector('[role=alert]'), { childList: true });
  `);
  return () => page.evaluate<number>('window.alerts');
}

describe.skipIf(!program)('a page of the dashboard', { timeout: 60_000 }, () => {
  it.each(['with 403', 'with a redirect', 'with a page'] as const)(
    'says that its login has ended where the application refuses %s, and goes on behind a new login',
    async (refuses) => {
      const { session, url, endStreams } = await start();
      const page = await openPage();
      await page.goto(url);
      await expect.poll(() => live(page).textContent()).toBe('live');
      session.refuses = refuses;
      endStreams();
      await expect
        .poll(() => trouble(page).allTextContents(), { timeout: 15_000 })
        .toEqual([expect.stringContaining('Reload this page: your login may have ended')]);
      session.refuses = 'nothing';
      await expect.poll(() => trouble(page).count(), { timeout: 15_000 }).toBe(0);
    },
  );

  it('says after a click that its login has ended', async () => {
    const { session, url } = await start();
    const queue = randomQueue();
    const page = await openPage();
    await page.goto(`${url}#/queue?name=${queue}`);
    const pause = page.getByRole('button', { name: 'Pause' });
    await pause.waitFor();
    session.refuses = 'with a redirect';
    await pause.click();
    await expect
      .poll(() => page.locator('.notice').textContent())
      .toContain('your login may have ended');
  });

  it('is not alarmed where the server ends its stream, as it does each minute', async () => {
    const { url, endStreams } = await start();
    const page = await openPage();
    await page.goto(url);
    await expect.poll(() => live(page).textContent()).toBe('live');
    const alerts = await countAlerts(page);
    const again = page.waitForResponse((response) => response.url().includes('api/events'));
    endStreams();
    await again;
    expect(await alerts()).toBe(0);
  });

  it('says that its server is away, and that it says nothing', async () => {
    const { url } = await start();
    const page = await openPage();
    await page.clock.install();
    await page.route('**/api/events*', () => undefined);
    await page.goto(url);
    await page.locator('.live').waitFor();
    await page.clock.fastForward(50_000);
    await expect.poll(() => trouble(page).textContent()).toContain('says nothing');
    await page.unroute('**/api/events*');
    await page.route('**/api/events*', (route) => route.abort());
    await page.clock.fastForward(50_000);
    await page.clock.fastForward(10_000);
    await expect.poll(() => trouble(page).count()).toBe(1);
  });

  it('tells once of a queue that cannot be read, while others can', async () => {
    const { url } = await start();
    const queue = randomQueue();
    await server.look.set(new Keys().queue(queue).requests, 'no list');
    const page = await openPage();
    await page.goto(`${url}#/queue?name=${queue}`);
    await expect.poll(() => trouble(page).count()).toBe(1);
    expect(await trouble(page).textContent()).toContain('data of another type');
    const alerts = await countAlerts(page);
    const { client, workers } = openReqRep({ connection: server.url });
    const other = randomQueue();
    await workers.serve(other, () => 1);
    await client.request(other, 1);
    await page.evaluate(`location.hash = '#/'`);
    await expect.poll(() => trouble(page).count()).toBe(0);
    await expect.poll(() => page.getByText(other).count(), { timeout: 10_000 }).toBe(1);
    expect(await alerts()).toBe(0);
  });

  it('has no stream while it is behind another page', async () => {
    const { url } = await start();
    const page = await openPage();
    const streams: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('api/events')) {
        streams.push(request.url());
      }
    });
    await page.addInitScript(
      `Object.defineProperty(Document.prototype, 'hidden', { configurable: true, value: true })`,
    );
    await page.goto(url);
    await live(page).waitFor();
    expect(streams).toEqual([]);
    await page.evaluate(`
      Object.defineProperty(Document.prototype, 'hidden', { value: false });
      document.dispatchEvent(new Event('visibilitychange'));
    `);
    await expect.poll(() => streams.length).toBe(1);
  });
});
