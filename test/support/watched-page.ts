import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

/** Where pictures of pages go, for whoever wants to look at them. */
const { SCREENSHOTS } = process.env;

/**
 * Opens a page, and fails the test at its end for any error on its console, and for any request to another host: pages of the library
 * have neither.
 */
export async function openWatchedPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  const troubles: string[] = [];
  const { origin } = new URL(url);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      troubles.push(`console: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) {
      troubles.push(`request to ${request.url()}`);
    }
  });
  onTestFinished(async () => {
    await page.close();
    expect(troubles).toEqual([]);
  });
  await page.goto(url);
  return page;
}

/** Keeps a picture of the whole page where somebody has asked for it. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS) {
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }
}
