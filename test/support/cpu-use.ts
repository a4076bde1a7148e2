import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** @returns the CPU that this process uses in so many ms, itself in ms, and the functions that it was seen in most often. */
export async function cpuUse(ms: number): Promise<{ used: number; busiest: string }> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  const before = process.cpuUsage();
  await delay(ms);
  const { user, system } = process.cpuUsage(before);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const busiest = profile.nodes
    .toSorted((one, other) => (other.hitCount ?? 0) - (one.hitCount ?? 0))
    .slice(0, 20)
    .map(({ hitCount = 0, callFrame: { functionName, url, lineNumber } }) =>
      [hitCount, functionName, `${url}:${lineNumber + 1}`].join(' '),
    );
  return { used: (user + system) / 1_000, busiest: busiest.join('\n') };
}
