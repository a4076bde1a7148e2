import type { Log } from '../observability/log.js';
import { Backoff } from '../redis/backoff.js';
import type { Connections } from '../redis/connections.js';
import { explainRefusal, isRefusal } from '../redis/refusal.js';
import type { Take } from './intake.js';
import { SlotReading } from './slot-reading.js';

/**
 * Reads what a take has brought that went on the connection for commands and was not answered, on the one after it: the
 * server has forgotten the first by then, so that what is in the slot is final.
 * @returns `undefined` once the connections are closed for good: the lease runs out, and others look after the slot.
 */
export async function readUnansweredTake(
  take: Take,
  queue: string,
  connections: Connections,
  log: Log,
): Promise<readonly string[] | undefined> {
  const kind = `slot refused: ${queue}`;
  const reading = new SlotReading(take);
  const backoff = new Backoff();
  while (connections.state !== 'closed') {
    try {
      await connections.ready();
      const jobs = await reading.read(connections.commands);
      log.over(kind);
      return jobs;
    } catch (error) {
      if (isRefusal(error)) {
        const what = `A slot of queue "${queue}" cannot be read, so that its jobs wait`;
        log.repeated(kind, 'error', `${what}: ${explainRefusal(error)}; trying again`);
      }
      await backoff.wait();
    }
  }
  return undefined;
}
