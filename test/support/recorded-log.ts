import type { LoggerService } from '@nestjs/common';

/** A Nest logger that keeps what it is told, but for what Nest says of its own start. */
export class RecordedLog implements LoggerService {
  readonly lines: string[] = [];

  get text(): string {
    return this.lines.join('\n');
  }

  log(...parts: unknown[]): void {
    if (String(parts.at(-1)).startsWith('ReqRep')) {
      this.keep('log', parts);
    }
  }

  warn(...parts: unknown[]): void {
    this.keep('warn', parts);
  }

  error(...parts: unknown[]): void {
    this.keep('error', parts);
  }

  private keep(level: string, parts: readonly unknown[]): void {
    this.lines.push(`${level} ${parts.map(String).join(' ')}`);
  }
}
