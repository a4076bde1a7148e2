import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Keeps it from asking the world for anything of its own, and lets it run as root. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A headless browser for one test file. */
export function useBrowser(): { readonly context: BrowserContext } {
  let profile: string;
  let context: BrowserContext;
  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'browser-'));
    context = await chromium.launchPersistentContext(profile, {
      executablePath: findBrowser(),
      headless: true,
      args: ARGS,
      viewport: { width: 1100, height: 900 },
    });
  });
  afterAll(async () => {
    await context?.close();
    await rm(profile, { recursive: true, force: true });
  });
  return {
    get context() {
      return context;
    },
  };
}

function findBrowser(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const file = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isThere);
  if (file === undefined) {
    throw new Error(
      `No browser found (${NAMES.join(', ')}). Install Chromium: apt-get install chromium, brew install chromium.`,
    );
  }
  return file;
}

function isThere(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
