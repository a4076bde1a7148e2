import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { useRedis } from '../support/redis.js';
import { tellsRights } from '../support/tells-rights.js';
import { calls } from './mistakes/calls.js';
import { core } from './mistakes/core.js';
import { decorators } from './mistakes/decorators.js';
import { microservices } from './mistakes/microservices.js';
import { modules } from './mistakes/modules.js';
import { options } from './mistakes/options.js';
import { rights } from './mistakes/rights.js';
import { servers } from './mistakes/servers.js';
import { values } from './mistakes/values.js';
import { workers } from './mistakes/workers.js';
import { asOnPage, TroubleshootingPage } from './page.js';
import { Scene } from './scene.js';

const MISTAKES = [
  ...servers,
  ...rights,
  ...options,
  ...modules,
  ...decorators,
  ...calls,
  ...values,
  ...workers,
  ...core,
  ...microservices,
];

/** `UPDATE_DOCS=1` writes into the page what is printed now, instead of comparing. */
const isUpdate = process.env['UPDATE_DOCS'] === '1';

const redis = useRedis();
const page = new TroubleshootingPage();
const printed = new Map<string, string>();

beforeEach(async () => {
  await redis.look.flushall();
});

afterAll(() => {
  if (isUpdate) {
    page.update(printed);
  }
});

describe('docs/troubleshooting.md says what is printed', () => {
  it.each(MISTAKES)('$title', async ({ title, provoke }) => {
    const scene = new Scene(redis);
    try {
      const now = asOnPage(await provoke(scene), redis.port);
      printed.set(title, now);
      expect(now).not.toContain('secret');
      if (!isUpdate) {
        const untold = (await tellsRights(redis)) ? /(?!)/g : /^.* lacks rights .*\n/gm;
        expect(page.messages.get(title)?.replace(untold, '')).toBe(now.replace(untold, ''));
      }
    } finally {
      await scene.close();
    }
  });

  it('and has no message that nobody checks', () => {
    expect(page.titles.toSorted()).toEqual(MISTAKES.map(({ title }) => title).toSorted());
  });
});
