import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SampleError } from './sample.error.js';

const WORKER_FILE = fileURLToPath(new URL('./worker.js', import.meta.url));

/** A process of its own that runs `worker.ts`, and another one in its place where it dies. */
export class WorkerProcess {
  private child: ChildProcess;
  private isStopping = false;
  private isReady = false;

  constructor(
    /** Counted from 1. */
    readonly number: number,
    private readonly redisUrl: string,
  ) {
    this.child = this.fork();
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
      once(this.child, 'message').then(([message]: unknown[]) => message),
      once(this.child, 'exit').then(() => 'it ended while it started'),
    ]);
    if (answer !== 'ready') {
      throw new SampleError(`Worker ${this.number} cannot start: ${String(answer)}`);
    }
  }

  /** Lets the worker finish what it does; resolves when its process has ended. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const { child } = this;
    if (child.connected) {
      child.disconnect();
    }
    if (child.exitCode === null && child.signalCode === null) {
      await once(child, 'exit');
    }
  }

  private fork(): ChildProcess {
    const child = fork(WORKER_FILE, {
      env: { ...process.env, REDIS_URL: this.redisUrl, WORKER_NUMBER: String(this.number) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.once('message', (message) => {
      this.isReady = message === 'ready';
    });
    child.once('exit', () => {
      // One that never started would not do better the next time.
      if (this.isReady && !this.isStopping) {
        this.isReady = false;
        const name = String(this);
        this.child = this.fork();
        console.log(`${name} has ended; ${this} takes its place`);
      }
    });
    return child;
  }
}
