import { messageOf } from '../../errors/error-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { failureText } from './failure-text.js';

/** Exit codes of the signals that end a command. */
const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

/** Notes what ends a command before its own end: a signal, or an output that takes no more. */
export class Interruption {
  /** The exit code; `undefined` while nothing has ended the command. */
  code: ExitCode | undefined;
  private readonly controller = new AbortController();

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The second signal ends the process at once, as it does without a listener. */
  listen(process: NodeJS.Process): void {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => this.end(SIGNALS[name]));
    }
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever reads, such as `head -1`, has all that it wants.
      const isGone = error.code === 'EPIPE';
      if (!isGone && this.code === undefined) {
        const text = `The output could not be written: ${messageOf(error)}`;
        process.stderr.write(`${failureText(new Error(text), [])}\n`);
        // The command may have ended already.
        process.exitCode = EXIT.failed;
      }
      this.end(isGone ? EXIT.ok : EXIT.failed);
    });
    // Where nobody reads what went wrong, the exit code still tells.
    process.stderr.on('error', () => undefined);
  }

  private end(code: ExitCode): void {
    this.code ??= code;
    this.controller.abort();
  }
}
