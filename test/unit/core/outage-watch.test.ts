import { expect, it } from 'vitest';
import { watchOutages } from '../../../lib/core/outage-watch.js';
import { ServerTroubleError } from '../../../lib/driver/server-trouble.js';
import { singleShard } from '../../../lib/driver/shard.js';
import { Keys } from '../../../lib/protocol/keys.js';
import { Hooks } from '../../../lib/telemetry/hooks.js';
import type { ReqRepEvent } from '../../../lib/telemetry/events.js';
import { FakeDriver } from '../../support/fake-driver.js';
import { RecordedLog } from '../../support/recorded-log.js';

/** More often than any outage makes it ask. */
const MAX_QUESTIONS = 1_000;

/** A driver whose line for commands stays ready while another line has a trouble. */
class DriverWithTrouble extends FakeDriver {
  private questions = 0;
  private isTroubled = true;

  override get trouble(): ServerTroubleError | undefined {
    return this.isTroubled ? new ServerTroubleError('a reader hangs', 'warn') : undefined;
  }

  override async lost(): Promise<void> {
    if (this.questions++ > MAX_QUESTIONS) {
      throw new Error('It asks all the time, so that nothing else runs');
    }
    if (!this.isTroubled) {
      await new Promise(() => undefined);
    }
  }

  recover(): void {
    this.isTroubled = false;
  }
}

it('an outage of one line is told once, and ends when the line has recovered', async () => {
  const driver = new DriverWithTrouble();
  const events: ReqRepEvent[] = [];
  const hooks = new Hooks({
    instance: 'core',
    log: new RecordedLog() as never,
    telemetry: { happened: (event) => void events.push(event) },
    server: () => driver.serverName,
  });
  watchOutages(singleShard(driver, new Keys()), hooks);
  await driver.runtime.advanceAsync(1_000);
  expect(events).toMatchObject([{ type: 'outage began', message: 'a reader hangs' }]);
  driver.recover();
  await driver.runtime.advanceAsync(1_000);
  expect(events).toMatchObject([{ type: 'outage began' }, { type: 'outage ended' }]);
});
