import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whether a Redis was fetched and compiled before: with it, the sample always has one. */
export const hasCompiledRedis = existsSync(
  fileURLToPath(new URL('../../node_modules/.cache/redis', import.meta.url)),
);
