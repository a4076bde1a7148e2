import { once } from 'node:events';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import * as dashboard from '../../lib/dashboard/index.js';
import * as library from '../../lib/index.js';
import * as microservices from '../../lib/microservices/index.js';
import * as opentelemetry from '../../lib/opentelemetry/index.js';
import * as terminus from '../../lib/terminus/index.js';
import * as testing from '../../lib/testing/index.js';
import { startProcess } from '../support/processes.js';
import { useRedis } from '../support/redis.js';

const redis = useRedis();

it('is one library to the modules that import it and to those that require it', async () => {
  const app = await startProcess('imported-half', { REDIS_URL: redis.url });
  const [told] = await once(app, 'message');
  // The required class is a token of the imported module, and both find the job that a request is made in.
  expect(told.reply).toEqual({
    headers: { traceparent: '00-1-2-01' },
    deadline: expect.any(Number),
  });
  expect(told.isKnown).toBe(true);
});

it('exports the same from the build for a `require` that cannot load ES modules', () => {
  const require = createRequire(import.meta.url);
  for (const [file, imported] of [
    ['index.js', library],
    ['dashboard/index.js', dashboard],
    ['microservices/index.js', microservices],
    ['opentelemetry/index.js', opentelemetry],
    ['terminus/index.js', terminus],
    ['testing/index.js', testing],
  ] as const) {
    const required = require(`../../dist/cjs/${file}`);
    expect(Object.keys(required).toSorted()).toEqual(Object.keys(imported).toSorted());
  }
});
