import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { BrowserProgram } from './browser-program.js';

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

/** Runs a browser without a window for the tests of a file; where there is none, these have to be skipped. */
export function useBrowser(program: BrowserProgram | undefined): {
  readonly context: BrowserContext;
} {
  let profile = '';
  let context: BrowserContext;
  beforeAll(async () => {
    if (!program) {
      return;
    }
    profile = await mkdtemp(join(tmpdir(), 'browser-'));
    context = await chromium.launchPersistentContext(profile, {
      executablePath: program.file,
      env: { ...process.env, ...program.env },
      headless: true,
      args: ARGS,
      viewport: { width: 1100, height: 900 },
    });
  });
  afterAll(async () => {
    await context?.close();
    if (profile) {
      await rm(profile, { recursive: true, force: true });
    }
  });
  return {
    get context() {
      return context;
    },
  };
}
