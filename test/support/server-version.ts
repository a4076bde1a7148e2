import { execFileSync } from 'node:child_process';
import { redisBinary } from '../../sample-app/src/local-redis.js';

/** @returns the first number of the version of the server that tests start. */
export async function majorVersion(): Promise<number> {
  const text = execFileSync(await redisBinary(), ['--version'], { encoding: 'utf8' });
  return Number(/ v=(\d+)\./.exec(text)?.[1]);
}
