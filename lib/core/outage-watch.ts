import type { Driver } from '../driver/driver.js';
import { delay } from '../driver/runtime.js';
import type { Shards } from '../driver/shard.js';
import type { Hooks } from '../telemetry/hooks.js';

/** How often it looks whether a trouble of other lines is over once commands can be sent again, ms. */
const LOOK_INTERVAL_MS = 100;

/** Tells when servers cannot be used, and when they can again. It costs nothing between two outages. */
export function watchOutages({ all }: Shards, hooks: Hooks): void {
  for (const { driver } of all) {
    void watch(driver, hooks);
  }
}

async function watch(driver: Driver, hooks: Hooks): Promise<void> {
  const { runtime } = driver;
  while (driver.state !== 'closed') {
    await driver.lost();
    const begin = runtime.now();
    const message = driver.trouble?.message ?? 'Redis cannot be used';
    hooks.tell({ type: 'outage began', message });
    try {
      await driver.ready();
      // A line that blocks may have the trouble alone: the line for commands was ready all the time.
      while (driver.trouble) {
        await delay(runtime, LOOK_INTERVAL_MS);
        await driver.ready();
      }
    } catch {
      return; // the connections were closed
    }
    hooks.tell({ type: 'outage ended', duration: runtime.now() - begin });
  }
}
