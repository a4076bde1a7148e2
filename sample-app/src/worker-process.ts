import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Subject } from 'rxjs';
import { SampleError } from './sample.error.js';
import { reportedSpans } from './tracing/reported-spans.js';
import type { SpanMessage } from './tracing/traced-span.js';
import type { WorkerNews, WorkerStatus } from './worker-status.js';
import type { SampleWorker } from './sample-worker.js';
import { PictureRecord } from './picture-record.js';

const WORKER_FILE = fileURLToPath(new URL('./worker.js', import.meta.url));

/** Delay before a new process replaces one that has exited, so that the user sees other workers continue with its jobs. */
const RESTART_DELAY_MS = 5_000;

type WorkerMessage = string | WorkerNews | SpanMessage;

/** Runs `worker.ts` in a process of its own, and in a new one where that exits. */
export class WorkerProcess implements SampleWorker {
  readonly changed = new Subject<void>();
  private child: ChildProcess;
  private restart: NodeJS.Timeout | undefined;
  private isStopping = false;
  private isReady = false;
  private record = new PictureRecord();

  constructor(
    readonly number: number,
    private readonly redisUrl: string,
  ) {
    this.child = this.fork();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get status(): WorkerStatus {
    const { number, pid } = this;
    const { pictures, done } = this.record;
    const state = this.isReady ? 'running' : 'down';
    return { number, pid, state, canBeKilled: true, pictures, done };
  }

  toString(): string {
    return `worker ${this.number} (pid ${this.pid})`;
  }

  async ready(): Promise<void> {
    const answer = await Promise.race([
      startReport(this.child),
      once(this.child, 'exit').then(() => 'its process exited during the start'),
    ]);
    if (answer !== 'ready') {
      throw new SampleError(`Worker ${this.number} cannot start: ${answer}`);
    }
  }

  /** Kills the process, which can neither finish its jobs nor report anything. */
  kill(): boolean {
    return this.child.kill('SIGKILL');
  }

  /** Resolves when the process has exited. */
  async stop(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.restart);
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
    child.on('message', (message: WorkerMessage) => this.onMessage(message));
    child.once('exit', () => this.onExit());
    return child;
  }

  private onMessage(message: WorkerMessage): void {
    if (typeof message === 'object' && 'span' in message) {
      reportedSpans.next(message.span);
      return;
    }
    if (typeof message === 'string') {
      this.isReady = message === 'ready';
    } else {
      this.record.record(message);
    }
    this.changed.next();
  }

  private onExit(): void {
    // A worker that never started would fail again.
    if (this.isReady && !this.isStopping) {
      console.log(`${this} has exited; a new process replaces it in ${RESTART_DELAY_MS / 1e3} s`);
      this.restart = setTimeout(() => {
        this.child = this.fork();
      }, RESTART_DELAY_MS);
    }
    this.isReady = false;
    this.record = new PictureRecord();
    this.changed.next();
  }
}

/** Resolves with the worker's report of its start; a job may begin before. */
function startReport(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if (typeof message === 'string') {
        resolve(message);
      }
    });
  });
}
