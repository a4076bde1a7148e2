import type { LoggerService } from '@nestjs/common';
import { waitFor } from '../support/wait-for.js';

/** Keeps what the library logs in the form in which Nest prints it, but for time, process and colours. */
export class PrintedLog implements LoggerService {
  readonly lines: string[] = [];

  /** Waits until as many warnings or errors were logged that match. @returns them. */
  async troubles(count = 1, pattern = /^(?:WARN|ERROR)/): Promise<string[]> {
    const matching = (): string[] => this.lines.filter((line) => pattern.test(line));
    await waitFor(() => matching().length >= count, 20_000);
    return matching();
  }

  log(...parts: unknown[]): void {
    this.keep('LOG', parts);
  }

  warn(...parts: unknown[]): void {
    this.keep('WARN', parts);
  }

  error(...parts: unknown[]): void {
    this.keep('ERROR', parts);
  }

  private keep(level: string, parts: readonly unknown[]): void {
    const context = String(parts.at(-1));
    if (context.startsWith('ReqRep')) {
      this.lines.push(`${level} [${context}] ${String(parts[0])}`);
    }
  }
}
