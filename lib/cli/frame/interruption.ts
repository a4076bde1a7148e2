import { EXIT, type ExitCode } from './exit-codes.js';

/** Exit codes of the signals that end a command. */
const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

type Signals = Pick<NodeJS.Process, 'once' | 'off'>;

/** Notes what ends a command before its own end: a signal, or a reader of its output that is gone. */
export class Interruption {
  /** The exit code; `undefined` while nothing has ended the command. */
  code: ExitCode | undefined;
  private readonly controller = new AbortController();

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The second signal ends the process at once, as it does without a listener. */
  listen(process: Signals, stdout: NodeJS.WriteStream): void {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => this.end(SIGNALS[name]));
    }
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') {
        throw error;
      }
      // Whoever reads, such as `head -1`, has all that it wants.
      this.end(EXIT.ok);
    });
  }

  private end(code: ExitCode): void {
    this.code ??= code;
    this.controller.abort();
  }
}
