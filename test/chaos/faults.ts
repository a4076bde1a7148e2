import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Chaos } from './chaos.js';
import type { Fault } from './verdict.js';

/** A port on which nobody listens. */
const NOBODY = 1;

/** Something that can be done, and what it may cost. */
export interface Act extends Pick<Fault, 'name' | 'costs'> {
  /** Resolves when it is over, or goes on behind what comes next; `undefined` = it is over. */
  act(fault: Fault): Promise<ActResult | void> | void;
}

interface ActResult {
  readonly pid?: number | undefined;
  readonly isGoingOn?: boolean;
}

/**
 * @param names - which ones; none = all.
 * @returns what can go wrong in production; what stands there twice comes twice as often.
 */
export function faultsOf(
  chaos: Chaos,
  { lease, stallLimit }: { lease: number; stallLimit: number },
  names: readonly string[],
): readonly [Act, ...Act[]] {
  const [first, ...others] = [
    ...workerFaults(chaos, stallLimit),
    ...lineFaults(chaos, lease),
    ...serverFaults(chaos, lease, stallLimit),
  ].filter(({ name }) => names.length === 0 || names.includes(name));
  if (!first) {
    throw new Error(`None of the faults is one of ${names.join(', ')}`);
  }
  return [first, ...others];
}

function workerFaults(chaos: Chaos, stallLimit: number): Act[] {
  const { random } = chaos;
  const anyWorker = (): ChildProcess | undefined =>
    chaos.workers[Math.floor(random.next() * chaos.workers.length)];
  const kill: Act = {
    name: 'SIGKILL of a worker',
    costs: 'worker',
    act: (fault) => {
      const worker = anyWorker();
      chaos.workers = chaos.workers.filter((other) => other !== worker);
      worker?.kill('SIGKILL');
      chaos.goesOn(fault, chaos.startWorker());
      return Promise.resolve({ pid: worker?.pid, isGoingOn: true });
    },
  };
  return [
    kill,
    kill,
    {
      name: 'SIGSTOP of a worker',
      costs: 'silence',
      act: (fault) => {
        const worker = anyWorker();
        worker?.kill('SIGSTOP');
        const over = delay(random.between(500, 1.6 * stallLimit)).then(
          () => void worker?.kill('SIGCONT'),
        );
        chaos.goesOn(fault, over);
        return Promise.resolve({ pid: worker?.pid, isGoingOn: true });
      },
    },
    {
      name: 'SIGKILL of the requester',
      costs: 'time',
      act: () => chaos.killRequester(),
    },
  ];
}

function lineFaults(chaos: Chaos, lease: number): Act[] {
  const { random, proxy, redis } = chaos;
  const some = (): boolean => random.next() < 0.5;
  const swallow: Act = { name: 'lost answers', costs: 'line', act: () => proxy.swallow(some) };
  return [
    { name: 'cut', costs: 'line', act: () => proxy.cut(some) },
    { name: 'half-close', costs: 'line', act: () => proxy.halfClose(some) },
    swallow,
    swallow,
    {
      name: 'stall',
      costs: 'silence',
      act: (fault) => {
        const duration = random.between(500, 4_000);
        proxy.stall(some, duration);
        chaos.goesOn(fault, delay(duration));
        return Promise.resolve({ isGoingOn: true });
      },
    },
    {
      name: 'no network for longer than a lease',
      costs: 'line',
      act: async () => {
        proxy.refuse();
        await delay(random.between(1.5 * lease, 3 * lease));
        await proxy.accept();
      },
    },
    {
      name: 'slow link',
      costs: 'time',
      act: (fault) => {
        const { link } = proxy;
        link.bytesPerSecond = random.between(100_000, 2_000_000);
        link.latency = random.between(0, 50);
        const over = delay(random.between(1_000, 4_000)).then(() => {
          link.bytesPerSecond = Infinity;
          link.latency = 0;
        });
        chaos.goesOn(fault, over);
        return Promise.resolve({ isGoingOn: true });
      },
    },
    {
      name: 'CLIENT KILL of all connections',
      costs: 'line',
      act: async () => {
        await redis.primary.look((look) => look.call('CLIENT', 'KILL', 'TYPE', 'normal'));
      },
    },
  ];
}

function serverFaults({ random, proxy, redis }: Chaos, lease: number, stallLimit: number): Act[] {
  const look = <T>(see: (look: Redis) => Promise<T>): Promise<T> => redis.primary.look(see);
  const forAWhile = async (setting: string, value: string, normal: string): Promise<void> => {
    await look((connection) => connection.config('SET', setting, value));
    await delay(random.between(300, 1.3 * stallLimit));
    await look((connection) => connection.config('SET', setting, normal));
  };
  return [
    {
      name: 'restart of Redis',
      costs: 'line',
      act: async () => {
        await redis.primary.kill();
        await delay(random.between(100, 3 * lease));
        await redis.primary.restart();
      },
    },
    {
      name: 'too few replicas',
      costs: 'time',
      act: () => forAWhile('min-replicas-to-write', '2', '0'),
    },
    { name: 'out of memory', costs: 'time', act: () => forAWhile('maxmemory', '1', '0') },
    {
      name: 'SCRIPT FLUSH',
      costs: 'time',
      act: async () => {
        await look((connection) => connection.script('FLUSH'));
      },
    },
    {
      name: 'failover behind one address',
      costs: 'line',
      act: async () => {
        await redis.swap();
        await delay(random.between(0, 2 * lease));
        proxy.port = redis.primary.port;
      },
    },
    {
      name: 'demoted for a while',
      costs: 'line',
      act: () =>
        look(async (connection) => {
          await connection.config('SET', 'replica-serve-stale-data', random.pick(['yes', 'no']));
          await connection.replicaof('127.0.0.1', NOBODY);
          await delay(random.between(300, 3 * lease));
          await connection.replicaof('NO', 'ONE');
        }),
    },
  ];
}
