import type { Random } from '../chaos/random.js';
import type { World } from './world.js';

/** Does something bad to a world, and undoes it where it is to be undone. */
type Fault = (world: World, random: Random) => void;

/** Operations whose answers get lost, or which are refused. */
const OPERATIONS = [
  'pushToList',
  'waitForJob',
  'waitForHead',
  'readList',
  'trimList',
  'popFirst',
  'publish',
  'reqrepTakeJobs',
  'reqrepSettleJobs',
  'reqrepPushValues',
  'reqrepRenewLease',
  'reqrepGiveBackJobs',
  'reqrepRecoverWorker',
  'reqrepBuryJob',
  'reqrepRetireWorker',
] as const;

const REFUSALS = [
  "OOM command not allowed when used memory > 'maxmemory'.",
  "READONLY You can't write against a read only replica.",
  'LOADING Redis is loading the dataset in memory',
  'NOPERM this user has no permissions to run this command',
] as const;

const ms = (random: Random, least: number, most: number): number =>
  Math.floor(random.between(least, most));

/** Each kind of fault. */
const FAULTS: readonly [Fault, ...Fault[]] = [
  function loseAnswer({ server, ledger }, random) {
    const operation = random.pick(OPERATIONS);
    ledger.fault(`the next answer of ${operation} is lost`, 'runs');
    server.loseAnswer(operation);
  },
  function breakLine({ server, ledger }, random) {
    const operation = random.pick(OPERATIONS);
    ledger.fault(`a line breaks at the next ${operation}`, 'runs');
    server.breakAt(operation);
  },
  function breakLines({ server, ledger, alive }, random) {
    const process = random.pick(alive());
    ledger.fault(`all lines of ${process.name} break`, 'runs');
    for (const { identity } of process.driver.lines) {
      if (identity) {
        server.cut(identity);
      }
    }
  },
  function serverAway({ server, ledger, after }, random) {
    if (!server.isAway) {
      const time = random.pick([ms(random, 10, 500), ms(random, 500, 6_000)]);
      ledger.fault('the server is away', 'runs', time);
      server.disconnect();
      after(time, () => server.reconnect());
    }
  },
  function refuse({ server, ledger, after }, random) {
    const operation = random.pick(OPERATIONS);
    const message = random.pick(REFUSALS);
    const time = ms(random, 10, 3_000);
    ledger.fault(`${operation} is refused: ${message}`, 'runs', time);
    after(time, server.faults.refuse(operation, message));
  },
  function kill({ ledger, after, alive, replace }, random) {
    const process = random.pick(alive());
    ledger.fault(`${process.name} is killed`, 'runs');
    process.kill();
    // The server may hear of it late, as where a machine is gone with it.
    const heardAfter = random.pick([0, ms(random, 0, 8_000)]);
    after(heardAfter, () => process.driver.close());
    after(ms(random, 0, 3_000), () => replace(process));
  },
  function freeze({ ledger, after, alive }, random) {
    const process = random.pick(alive());
    const time = random.pick([ms(random, 10, 2_000), ms(random, 2_000, 20_000)]);
    ledger.fault(`${process.name} stands still`, 'runs', time);
    process.runtime.isFrozen = true;
    after(time, () => {
      process.runtime.isFrozen = false;
    });
  },
  function stop({ ledger, after, alive }, random) {
    const process = random.pick(alive());
    const time = ms(random, 0, 5_000);
    ledger.fault(`the workers of ${process.name} stop`, 'runs', time);
    void process.stopWorkers();
    after(time, () => {
      if (process.isAlive) {
        process.startWorkers();
      }
    });
  },
  function pause({ ledger, after, alive, queues }, random) {
    const process = random.pick(alive());
    const queue = random.pick(queues);
    const time = ms(random, 0, 3_000);
    ledger.fault(`${process.name} pauses ${queue}`, 'time', time);
    void process.workers.pause(queue);
    after(time, () => process.workers.resume(queue));
  },
  function close({ ledger, after, alive, replace }, random) {
    const process = random.pick(alive());
    ledger.fault(`${process.name} closes`, 'runs');
    void process.close();
    after(ms(random, 0, 3_000), () => replace(process));
  },
];

/** Lets something go wrong. */
export const somethingBad: Fault = (world, random) => random.pick(FAULTS)(world, random);
