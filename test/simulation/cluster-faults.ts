import type { Random } from '../chaos/random.js';
import type { World } from './world.js';

const ms = (random: Random, least: number, most: number): number =>
  Math.floor(random.between(least, most));

/** How long nodes lead lines to one that does not own the slot, ms. */
const searchTime = (random: Random): number =>
  random.pick([0, ms(random, 1, 100), ms(random, 100, 2_000)]);

/** Faults of a Cluster. Only one of them happens at a time. */
export const CLUSTER_FAULTS = {
  /** Lets a replica that has everything take over. */
  ownerMoves({ server, ledger }: World, random: Random): void {
    if (!server.slot.isMigrating) {
      const time = searchTime(random);
      ledger.fault('a replica takes over from the owner of the slot', 'answers', undefined, time);
      server.takeOver('failover', time);
    }
  },
  /** Lets a replica take over that lacks the last writes. The former owner has crashed, or goes on as a replica. */
  ownerLosesWrites({ server, ledger, after, options }: World, random: Random): void {
    // Requests that wait for lost replies for ever would fill a small `maxPending`.
    if (options.maxPending < 1_000) {
      return;
    }
    const lag = random.pick([ms(random, 1, 10), ms(random, 10, 300)]);
    const away = random.pick([0, ms(random, 10, 500), ms(random, 500, 4_000)]);
    const copy = server.copy();
    after(lag, () => {
      // The owner of before would have had all writes, or the copy had been out of date.
      if (server.runId !== copy.owner || server.slot.isMigrating || server.isDisconnected) {
        return;
      }
      const time = searchTime(random);
      ledger.fault(
        `a replica that lacks the last ${lag} ms takes over from the owner of the slot`,
        'answers',
        undefined,
        away + time,
      );
      ledger.forsakeJobs(copy.lose());
      server.takeOver('failover', time);
      if (away > 0) {
        server.disconnect();
        after(away, () => server.reconnect());
      }
    });
  },
  /** Moves the slot to another node, key by key. It may be moved back at once, or not be moved in the end. */
  slotMigrates(world: World, random: Random): void {
    if (!world.server.slot.isMigrating) {
      const former = world.server.runId;
      const isMovedBack = random.next() < 0.3;
      migrate(world, random, undefined, () => {
        if (isMovedBack && !world.server.slot.isMigrating) {
          migrate(world, random, former);
        }
      });
    }
  },
};

/** @param to - the `run_id` of the next owner; by default that of a new node. @param onEnd - is called at the end. */
function migrate(
  { server, ledger, after }: World,
  random: Random,
  to: string | undefined,
  onEnd: () => void = () => undefined,
): void {
  const time = random.pick([ms(random, 10, 300), ms(random, 300, 4_000)]);
  ledger.fault('the slot migrates', 'answers', undefined, time);
  server.slot.beginMigration();
  for (let left = random.pick([0, 1, 5]); left > 0; left--) {
    const share = random.next();
    after(random.between(0, time), () => server.moveKeys(share));
  }
  const isGivenUp = random.next() < 0.2;
  after(time, () => {
    if (isGivenUp) {
      ledger.tell('the slot stays');
      server.slot.endMigration();
    } else {
      ledger.tell('the slot has another owner');
      server.takeOver('migration', searchTime(random), to);
    }
    onEnd();
  });
}
