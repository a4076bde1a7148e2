import { delay, nextTurn } from '../driver/runtime.js';
import { systemRuntime } from '../driver/system-runtime.js';
import type { MemoryServer } from '../memory/memory-server.js';
import { InstanceUnderTest, type InstanceParts } from './instance-under-test.js';
import { LostWorkers } from './lost-workers.js';
import { namesOf, type MemoryOperation } from './memory-operation.js';
import type { TestJob } from './test-job.js';

/** Which instance of `ReqRepModule` is meant. */
export interface InstanceOption {
  /** Its `name`. @default the one without a name */
  readonly instance?: string | undefined;
}

const DEFAULT_INSTANCE = 'default';

/** Turns of the event loop in which nothing happened, after which nothing follows from what did. */
const QUIET_TURNS = 8;

/** How often it is looked whether something is so where nothing says so, ms. */
const POLL_INTERVAL_MS = 5;

/** Waits for real, whatever timers a test has faked. */
const waitForPoll = (): Promise<void> => delay(systemRuntime, POLL_INTERVAL_MS, { ref: true });

/**
 * The queues of an application under test, which lie in this process: what was sent, and what is to go wrong until the module is
 * closed. See {@link useMemoryQueues}.
 */
export class MemoryQueues {
  readonly #instances = new Map<string, InstanceUnderTest>();

  private constructor() {}

  /** @internal */
  static create(): MemoryQueues {
    return new MemoryQueues();
  }

  /**
   * The jobs that were sent to a queue, in their order: those that wait, that run, and that have ended.
   *
   * @example
   * ```ts
   * expect(queues.jobs('mails')).toMatchObject([{ data: { to: 'ann@example.com' }, end: 'replied' }]);
   * ```
   */
  jobs(queue: string, { instance }: InstanceOption = {}): readonly TestJob[] {
    return this.#of(instance).ledger.jobsOf(queue);
  }

  /** Keeps the jobs of a queue waiting until {@link release}. Those that run go on. */
  async hold(queue: string, { instance }: InstanceOption = {}): Promise<void> {
    await this.#of(instance).workers.pause(queue);
  }

  /** Lets the workers have the jobs of a queue again. */
  release(queue: string, { instance }: InstanceOption = {}): void {
    this.#of(instance).workers.resume(queue);
  }

  /**
   * Resolves when handlers of a queue run so many jobs at a time, such as before a test moves its fake timers on, or loses a worker.
   * @param options - `count`: 1 unless given.
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
   * Takes the jobs that run away from the workers of a queue, as when their process has died: each is delivered once more, or ends with
   * a `WorkerLostError` where it may not be. Their handlers are not stopped: nobody hears of their end, but each counts for the
   * `concurrency` of its queue until then.
   * @returns how many workers were lost.
   */
  loseWorker(queue: string, { instance }: InstanceOption = {}): number {
    const { server, keys } = this.#of(instance);
    return new LostWorkers(server, keys.queue(queue)).lose();
  }

  /** The next operation of a kind is carried out, but its answer is lost, and the connection with it. */
  loseAnswer(operation: MemoryOperation): void {
    this.#servers.forEach(({ faults }) => faults.loseAnswer(namesOf(operation)));
  }

  /**
   * Operations of a kind are refused.
   * @param message - as Redis words it, beginning with a code: `OOM command not allowed when used memory > 'maxmemory'.`
   * @returns how to allow them again.
   */
  refuse(operation: MemoryOperation, message: string): () => void {
    const ends = this.#servers.flatMap(({ faults }) =>
      namesOf(operation).map((name) => faults.refuse(name, message)),
    );
    return () => ends.forEach((end) => end());
  }

  /** Lets every operation be on its way for so long, ms, from now on. */
  delay(ms: number): void {
    this.#servers.forEach(({ faults }) => {
      faults.delayMs = ms;
    });
  }

  /** Closes all connections, and lets none be made until {@link reconnect}. */
  disconnect(): void {
    this.#servers.forEach((server) => server.disconnect());
  }

  reconnect(): void {
    this.#servers.forEach((server) => server.reconnect());
  }

  /**
   * Resolves when nothing more happens by itself: what was emitted is in its queue, no job runs, none waits that a worker of the
   * module under test would take, and no request waits for its end. What is held, or sent to a queue that nobody serves here,
   * stays where it is. It waits for real, also under fake timers: advance them first where a handler waits for one.
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

  /** Has the queues of one more instance. @internal */
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
