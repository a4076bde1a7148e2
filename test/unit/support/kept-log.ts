import type { Log } from '../../../lib/observability/log.js';

/** A log that keeps what it is told. */
export class KeptLog implements Log {
  readonly infos: string[] = [];
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  readonly stacks: (string | undefined)[] = [];

  info(text: string): void {
    this.infos.push(text);
  }

  warn(text: string): void {
    this.warnings.push(text);
  }

  error(text: string, stack?: string): void {
    this.errors.push(text);
    this.stacks.push(stack);
  }
}
