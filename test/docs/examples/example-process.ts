import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { withoutVitest } from '../../support/without-vitest.js';

const REDIRECTION = fileURLToPath(new URL('redis-at-default-port.mjs', import.meta.url));

/** How long one example may run, on a machine that others use as well. */
const RUN_TIMEOUT_MS = 90_000;

/** A process of an example, and what it has written. */
export class ExampleProcess {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown[]>;

  constructor(
    private readonly command: readonly [string, ...string[]],
    { folder, redisPort }: { readonly folder: string; readonly redisPort: number },
  ) {
    const [program, ...args] = command;
    const child = spawn(program, args, {
      cwd: folder,
      env: {
        ...withoutVitest(process.env),
        NO_COLOR: '1',
        NODE_OPTIONS: `--import=${REDIRECTION}`,
        EXAMPLE_REDIS_PORT: String(redisPort),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_TIMEOUT_MS,
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.child = child;
    this.closed = once(child, 'close');
  }

  /** Waits for the end. @returns what was written to stdout. @throws where it did not end well. */
  async ended(): Promise<string> {
    const [code, signal] = await this.closed;
    if (code !== 0) {
      throw this.failure(`ended with ${String(signal ?? code)}`);
    }
    return this.stdout;
  }

  /** Waits until it has written a text. @throws where it ends before that. */
  async written(text: string): Promise<void> {
    const { stdout } = this.child;
    while (!this.stdout.includes(text)) {
      if (stdout === null || stdout.readableEnded || this.child.exitCode !== null) {
        throw this.failure(`ended before it wrote "${text}"`);
      }
      await Promise.race([once(stdout, 'data'), this.closed]);
    }
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.closed;
  }

  private failure(what: string): Error {
    return new Error(`${this.command.join(' ')} ${what}:\n${this.stdout}\n${this.stderr}`);
  }
}
