import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SampleError } from './sample.error.js';

const WORKER_FILE = fileURLToPath(new URL('./worker.js', import.meta.url));

/** A process of its own that runs `worker.ts`. */
export class WorkerProcess {
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private readonly answered: Promise<unknown>;

  constructor(
    /** Counted from 1. */
    readonly number: number,
    redisUrl: string,
  ) {
    this.child = fork(WORKER_FILE, {
      env: { ...process.env, REDIS_URL: redisUrl, WORKER_NUMBER: String(number) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.ended = once(this.child, 'exit');
    this.answered = once(this.child, 'message').then(([message]: unknown[]) => message);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  toString(): string {
    return `worker ${this.number} (pid ${this.pid})`;
  }

  /** Resolves when the worker takes jobs. @throws SampleError */
  async ready(): Promise<void> {
    const answer = await Promise.race([
      this.answered,
      this.ended.then(() => 'it ended while it started'),
    ]);
    if (answer !== 'ready') {
      throw new SampleError(`Worker ${this.number} cannot start: ${String(answer)}`);
    }
  }

  /** Lets the worker finish what it does; resolves when its process has ended. */
  async stop(): Promise<void> {
    if (this.child.connected) {
      this.child.disconnect();
    }
    await this.ended;
  }
}
