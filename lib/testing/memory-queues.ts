import { delay, nextTurn } from '../driver/runtime.js';
import { systemRuntime } from '../driver/system-runtime.js';
import type { MemoryServer } from '../memory/memory-server.js';
import { InstanceUnderTest, type InstanceParts } from './instance-under-test.js';
import { LostWorkers } from './lost-workers.js';
import { namesOf, type MemoryOperation } from './memory-operation.js';
import type { TestJob } from './test-job.js';

/** Names an instance of `ReqRepModule`. */
export interface InstanceOption {
  /** The `name` of the instance. @default the instance without a name */
  readonly instance?: string | undefined;
}

const DEFAULT_INSTANCE = 'default';

/** Number of turns of the event loop without any event after which nothing more follows by itself. */
const QUIET_TURNS = 8;

/** Time between two checks of a condition that no event announces, ms. */
const POLL_INTERVAL_MS = 5;

/** Waits in real time, also where a test has faked the timers. */
const waitForPoll = (): Promise<void> => delay(systemRuntime, POLL_INTERVAL_MS, { ref: true });

/**
 * The queues of an application under test: shows what was sent, and lets operations fail. {@link useMemoryQueues} provides it. Every fault
 * ends when the module is closed.
 */
export class MemoryQueues {
  readonly #instances = new Map<string, InstanceUnderTest>();

  /** Is private: `module.get(MemoryQueues)` returns the queues of a module under test. */
  private constructor() {}

  /** @internal */
  static create(): MemoryQueues {
    return new MemoryQueues();
  }

  /**
   * Returns the jobs that were sent to a queue, in their order: those that wait, that run, and that have ended.
   *
   * @param queue - The name of the queue.
   * @param options - The instance.
   * @throws Error where no instance has the name.
   * @example
   * ```ts
   * expect(queues.jobs('mails')).toMatchObject([{ data: { to: 'ann@example.com' }, end: 'replied' }]);
   * ```
   */
  jobs(queue: string, { instance }: InstanceOption = {}): readonly TestJob[] {
    return this.#of(instance).ledger.jobsOf(queue);
  }

  /**
   * Keeps the jobs of a queue waiting until {@link release}. Running jobs go on.
   *
   * @param queue - The name of the queue.
   * @param options - The instance.
   */
  async hold(queue: string, { instance }: InstanceOption = {}): Promise<void> {
    await this.#of(instance).workers.pause(queue);
  }

  /**
   * Lets the workers take the jobs of a queue again.
   *
   * @param queue - The name of the queue.
   * @param options - The instance.
   */
  release(queue: string, { instance }: InstanceOption = {}): void {
    this.#of(instance).workers.resume(queue);
  }

  /**
   * Resolves when `count` jobs of a queue run at a time. Await it before the test advances its fake timers, or loses a worker.
   *
   * @param queue - The name of the queue.
   * @param options - The instance, and `count`: the number of jobs, 1 unless given.
   */
  async running(
    queue: string,
    { count = 1, instance }: InstanceOption & { readonly count?: number } = {},
  ): Promise<void> {
    while (this.#of(instance).busy(queue) < count) {
      await waitForPoll();
    }
  }

  /**
   * Makes the workers of a queue count as lost, like after the death of their process. Each running job is delivered again, or ends with a
   * `WorkerLostError` where its deliveries are used up. The handlers are not stopped: their results are ignored, and each handler counts
   * for the `concurrency` of its queue until it returns.
   *
   * @param queue - The name of the queue.
   * @param options - The instance.
   * @returns How many workers were lost.
   */
  loseWorker(queue: string, { instance }: InstanceOption = {}): number {
    const { server, keys } = this.#of(instance);
    return new LostWorkers(server, keys.queue(queue)).lose();
  }

  /**
   * Lets the next operation of a kind be carried out, and then loses its answer together with the connection.
   *
   * @param operation - The kind of operation.
   */
  loseAnswer(operation: MemoryOperation): void {
    this.#servers.forEach(({ faults }) => faults.loseAnswer(namesOf(operation)));
  }

  /**
   * Refuses all operations of a kind.
   *
   * @param operation - The kind of operation.
   * @param message - The error as Redis words it, with its code first: `OOM command not allowed when used memory > 'maxmemory'.`
   * @returns A function that allows the operations again.
   */
  refuse(operation: MemoryOperation, message: string): () => void {
    const ends = this.#servers.flatMap(({ faults }) =>
      namesOf(operation).map((name) => faults.refuse(name, message)),
    );
    return () => ends.forEach((end) => end());
  }

  /**
   * Makes every operation take longer from now on.
   *
   * @param ms - How much longer, in ms. `0` = no longer.
   */
  delay(ms: number): void {
    this.#servers.forEach(({ faults }) => {
      faults.delayMs = ms;
    });
  }

  /** Closes all connections, and allows no new ones until {@link reconnect}. */
  disconnect(): void {
    this.#servers.forEach((server) => server.disconnect());
  }

  /** Allows connections again after {@link disconnect}. */
  reconnect(): void {
    this.#servers.forEach((server) => server.reconnect());
  }

  /**
   * Resolves when nothing more happens by itself: emitted jobs are in their queues, no job runs, no worker of the module under test would
   * take a waiting job, and no request waits for its end. Jobs that are held, or whose queue is not served here, stay where they are.
   *
   * The method waits in real time, also under fake timers: advance the timers first where a handler waits for one.
   */
  async settled(): Promise<void> {
    for (let turn = 0; turn < QUIET_TURNS;) {
      await nextTurn(systemRuntime);
      if (this.#isSettled) {
        turn++;
      } else {
        turn = 0;
        await waitForPoll();
      }
    }
  }

  /** Adds the queues of one more instance. @internal */
  attach(name: string, parts: InstanceParts): InstanceUnderTest {
    const instance = new InstanceUnderTest(parts);
    this.#instances.set(name, instance);
    return instance;
  }

  get #servers(): MemoryServer[] {
    return [...this.#instances.values()].map(({ server }) => server);
  }

  get #isSettled(): boolean {
    return [...this.#instances.values()].every(({ isSettled }) => isSettled);
  }

  #of(name = DEFAULT_INSTANCE): InstanceUnderTest {
    const found = this.#instances.get(name);
    if (!found) {
      throw new Error(
        `The module under test has no instance "${name}" of ReqRepModule (known: ${[...this.#instances.keys()].join(', ')})`,
      );
    }
    return found;
  }
}
