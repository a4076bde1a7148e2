/** Where the library writes what an operator should know. The Nest shell hands in Nest's `Logger`. */
export interface LogSink {
  info(text: string): void;
  warn(text: string): void;
  /** @param stack - of the error that the text speaks of, where there is one. */
  error(text: string, stack?: string): void;
}

/** Characters of one line that are written at most. */
const MOST_CHARACTERS = 2_000;

/** How long a line of one kind is not written again, ms. */
const QUIET_MS = 60_000;

/** Kinds that are remembered at most; of more, the oldest are forgotten. */
const MOST_KINDS = 1_000;

type Level = 'warn' | 'error';

/** A line that is not written again for a while. */
interface QuietKind {
  readonly level: Level;
  text: string;
  /** How often it came since it was last written. */
  more: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Writes lines that are safe to write: bounded, without control characters, and never in the way of the code that writes
 * them, even where the application's logger throws.
 */
export class Log {
  private readonly quiet = new Map<string, QuietKind>();
  private readonly said = new Set<string>();
  private isSinkReported = false;

  constructor(private readonly sink: LogSink) {}

  info(text: string): void {
    this.write(() => this.sink.info(bounded(text)));
  }

  warn(text: string): void {
    this.write(() => this.sink.warn(bounded(text)));
  }

  error(text: string, stack?: string): void {
    this.write(() => this.sink.error(bounded(text), stack && boundedLines(stack)));
  }

  /** Writes the first line of a kind, and none of it ever again. */
  once(kind: string, level: Level, text: string): void {
    if (!this.said.has(kind)) {
      keepBounded(this.said);
      this.said.add(kind);
      this[level](text);
    }
  }

  /**
   * Writes the first line of a kind at once, and then one a minute at most, which says how many there were.
   * @param kind - what is told apart: one for each queue and each thing that can go wrong with it.
   */
  repeated(kind: string, level: Level, text: string, stack?: string): void {
    const known = this.quiet.get(kind);
    if (known) {
      known.more++;
      known.text = bounded(text); // it is kept for a minute
      return;
    }
    for (const oldest of keepBounded(this.quiet)) {
      clearTimeout(oldest.timer);
    }
    const timer = setInterval(() => this.repeat(kind), QUIET_MS).unref();
    this.quiet.set(kind, { level, text: '', more: 0, timer });
    if (level === 'error') {
      this.error(text, stack);
    } else {
      this.warn(text);
    }
  }

  /** Forgets a kind whose trouble is over. @returns whether a line of it was written since the last time. */
  over(kind: string): boolean {
    const known = this.quiet.get(kind);
    clearInterval(known?.timer);
    return this.quiet.delete(kind);
  }

  private repeat(kind: string): void {
    const known = this.quiet.get(kind);
    if (!known || known.more === 0) {
      this.over(kind);
      return;
    }
    this[known.level](`${known.text} (${known.more} times in the last minute)`);
    known.more = 0;
  }

  private write(write: () => void): void {
    try {
      write();
    } catch {
      this.reportSink();
    }
  }

  /** Says once that the application's logger throws, in the only place that is left. */
  private reportSink(): void {
    if (!this.isSinkReported) {
      this.isSinkReported = true;
      process.emitWarning(
        'The logger of the application threw: what nestjs-reqrep told it is lost',
        {
          code: 'REQREP_LOGGER',
        },
      );
    }
  }
}

/** Makes room for one more. @returns what was removed. */
function keepBounded<Value>(kinds: Map<string, Value> | Set<string>): Value[] {
  if (kinds.size < MOST_KINDS) {
    return [];
  }
  const [oldest = ''] = kinds.keys();
  const value = kinds instanceof Map ? kinds.get(oldest) : undefined;
  kinds.delete(oldest);
  return value === undefined ? [] : [value];
}

/** Control characters, line separators, and the marks that turn the direction of what follows. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Cuts a line that is too long, and shows unsafe characters as escapes: what is logged may be of anybody's making. */
export function bounded(text: string): string {
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text;
  return cut.replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Lines of a stack that are written at most. */
const MOST_LINES = 50;

const boundedLines = (stack: string): string =>
  stack.split('\n', MOST_LINES).map(bounded).join('\n');
