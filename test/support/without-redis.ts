import type { Reporter } from 'vitest/node';
import { NoRedisError, redisBinary } from '../../sample-app/src/local-redis.js';
import { testsOnEveryDriver, testsWithRedis } from './redis-needed.js';

/** What the tests do without where there is no Redis server. */
export interface Omission {
  readonly files: readonly string[];
  /** Says so at the end, where people look. */
  readonly reporters: readonly Reporter[];
}

/** @throws Error where `CI` insists on all tests. */
export async function omittedWithoutRedis(): Promise<Omission> {
  try {
    await redisBinary();
    return { files: [], reporters: [] };
  } catch (error) {
    if (!(error instanceof NoRedisError)) {
      throw error;
    }
    const { files, of } = testsWithRedis();
    const reason = `a Redis server is not on the PATH, and none could be fetched (${error.reason})`;
    const howToGetOne = 'To run them: apt-get install redis-server, or brew install redis.';
    if (process.env['CI']) {
      throw new Error(
        `With CI set, all tests have to run, but ${files.length} of ${of} test files cannot: ${reason}. ${howToGetOne}`,
        { cause: error },
      );
    }
    const inMemory = testsOnEveryDriver().length;
    const line = `Skipped ${files.length} of ${of} test files, ${inMemory} of which ran in memory: ${reason}. ${howToGetOne}\n`;
    return { files, reporters: [{ onTestRunEnd: () => void process.stderr.write(line) }] };
  }
}
