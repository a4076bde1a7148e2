import type { LoggerService } from '@nestjs/common';

/** A Nest logger that keeps what it is told, but for what Nest says of its own start. */
export class RecordedLog implements LoggerService {
  readonly lines: string[] = [];
  /** What it was told of queues that are served, or not, from the start. */
  readonly serving: string[] = [];

  get text(): string {
    return this.lines.join('\n');
  }

  /** The lines, but for what is said at the start of rights that the user lacks. */
  get linesOfWork(): string[] {
    return this.lines.filter((line) => !line.includes(' lacks rights on '));
  }

  log(...parts: unknown[]): void {
    const [text] = parts;
    if (!String(parts.at(-1)).startsWith('ReqRep')) {
      return;
    }
    if (/^(Not s|S)erving /.test(String(text))) {
      this.serving.push(String(text));
    } else {
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
