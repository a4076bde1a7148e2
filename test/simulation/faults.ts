import type { Random } from '../chaos/random.js';
import { send } from './caller.js';
import { CLUSTER_FAULTS } from './cluster-faults.js';
import { plainQuestion } from './question.js';
import type { World } from './world.js';

/** Does harm to a world, and plans the end of the harm where it has one. */
type Fault = (world: World, random: Random) => void;

/** Operations that lose their answers or are refused. Those that move jobs occur more often. */
const OPERATIONS = [
  'waitForJob',
  'waitForJob',
  'waitForJob',
  'reqrepTakeJobs',
  'reqrepSettleJobs',
  'reqrepSettleJobs',
  'reqrepSettleJobs',
  'settleLongJobs',
  'pushJobs',
  'pushJobs',
  'reqrepPushGuardedJob',
  'waitForHead',
  'readList',
  'trimList',
  'popFirst',
  'publish',
  'reqrepPushValues',
  'reqrepRenewLease',
  'reqrepGiveBackJobs',
  'reqrepRecoverWorker',
  'reqrepMoveToDeadLetters',
  'reqrepRetireWorker',
  'cut',
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
const FAULTS = {
  ...CLUSTER_FAULTS,
  loseLine({ server, ledger }, random) {
    const operation = random.pick(OPERATIONS);
    const loss = random.pick(['answer', 'answer', 'closed', 'half'] as const);
    ledger.tell(`a line is to be lost (${loss}) at the next ${operation}`);
    server.plans.add(operation, loss);
  },
  /** Loses the line of a fetcher on which a job is settled in one write with the wait for the next one. */
  loseSettleAndWait({ server, ledger, queues }, random) {
    const operation = `reqrepSettleJobs on ${random.pick(queues)}`;
    const loss = random.pick(['closed', 'half', 'half'] as const);
    ledger.tell(`a line is to be lost (${loss}) at the next ${operation}`);
    server.plans.add(operation, loss);
  },
  cutLine({ server, ledger, alive }, random) {
    const process = random.pick(alive());
    const [first, ...others] = process.driver.lines.filter(({ identity }) => identity);
    const line = first && random.pick([first, ...others]);
    if (line?.identity) {
      ledger.fault(`the line ${line.name} of ${process.name} is cut`, 'answers', process.name);
      server.cut(line.identity);
    }
  },
  breakLines({ ledger, alive }, random) {
    const process = random.pick(alive());
    const isHalf = random.next() < 0.5;
    const how = isHalf ? 'break, which the server notices later' : 'break';
    ledger.fault(`all lines of ${process.name} ${how}`, 'workers', process.name);
    process.breakLines(isHalf);
  },
  serverUnreachable({ server, ledger, after }, random) {
    if (!server.isDisconnected) {
      const time = random.pick([ms(random, 10, 500), ms(random, 500, 6_000)]);
      ledger.fault('the server is unreachable', 'workers', undefined, time);
      server.disconnect();
      after(time, () => server.reconnect());
    }
  },
  refuse({ server, ledger, after }, random) {
    const operation = random.pick(OPERATIONS);
    const message = random.pick(REFUSALS);
    const time = ms(random, 10, 3_000);
    ledger.fault(`${operation} is refused: ${message}`, 'workers', undefined, time);
    after(time, server.faults.refuse(operation, message));
  },
  kill({ alive, kill }, random) {
    kill(random.pick(alive()));
  },
  poison({ ledger, alive, queues }, random) {
    const key = `poison-${ledger.stories.size}`;
    const maxDeliveries = random.pick([1, 2, 2, undefined]);
    const question = { ...plainQuestion(key, random.pick(queues)), kind: 'poison', maxDeliveries };
    send({ ...question, kind: 'poison' }, random.pick(alive()), ledger);
  },
  freeze({ ledger, after, alive }, random) {
    const process = random.pick(alive());
    const time = random.pick([ms(random, 10, 2_000), ms(random, 2_000, 20_000)]);
    ledger.fault(`${process.name} is frozen`, 'workers', process.name, time);
    process.runtime.isFrozen = true;
    after(time, () => {
      process.runtime.isFrozen = false;
    });
  },
  /** Kills a process that has new lines and could not announce them. */
  dieUnknown({ server, ledger, after, alive, kill }, random) {
    const process = random.pick(alive());
    const time = ms(random, 500, 3_000);
    ledger.fault('reqrepRenewLease is refused', 'workers', undefined, time);
    after(time, server.faults.refuse('reqrepRenewLease', REFUSALS[0]));
    process.breakLines(false);
    after(ms(random, 5, 400), () => {
      if (process.isAlive) {
        kill(process, 'is killed', 20_000);
      }
    });
  },
  stop({ ledger, after, alive }, random) {
    const process = random.pick(alive());
    const time = ms(random, 0, 5_000);
    ledger.fault(`the workers of ${process.name} stop`, 'workers', process.name, time);
    void process.stopWorkers();
    after(time, () => {
      if (process.isAlive) {
        process.startWorkers();
      }
    });
  },
  pause({ ledger, after, alive, queues }, random) {
    const process = random.pick(alive());
    const queue = random.pick(queues);
    const time = ms(random, 0, 3_000);
    ledger.fault(`${process.name} pauses ${queue}`, 'time', process.name, time);
    void process.workers.pause(queue);
    after(time, () => process.workers.resume(queue));
  },
  close({ ledger, after, alive, replace }, random) {
    const process = random.pick(alive());
    ledger.fault(`${process.name} closes`, 'workers', process.name, Infinity);
    void process.close();
    after(ms(random, 0, 3_000), () => replace(process));
  },
  /** Replaces a reply list with a key of another type, as another program might. */
  spoilReplies({ server: { store, serverLedger }, ledger, after, alive, options }, random) {
    const { name, replies, runtime } = random.pick(alive());
    // Requests that wait for lost replies for ever would fill a small `maxPending`. A frozen process may hold an answer from before,
    // and remove replies that come later in place of the lost ones.
    if (store.kindOf(replies) === 'string' || options.maxPending < 1_000 || runtime.isFrozen) {
      return;
    }
    const time = ms(random, 10, 1_000);
    ledger.fault(`the reply list of ${name} is not a list`, 'answers', name, time);
    const isPushed = (key: string): boolean => serverLedger.pushes.of(key) > 0;
    ledger.forsake(name, isPushed);
    store.delete(replies);
    store.write('string', replies, () => 'spoiled');
    after(time, () => {
      ledger.forsake(name, isPushed);
      store.delete(replies);
    });
  },
} satisfies Record<string, Fault>;

const { loseLine, ...others } = FAULTS;
const [second, ...rest] = Object.values<Fault>(others);

/** Causes one random fault. Lost lines are the most frequent. */
export const randomFault: Fault = (world, random) =>
  random.pick<Fault>([loseLine, loseLine, loseLine, loseLine, second ?? loseLine, ...rest])(
    world,
    random,
  );
