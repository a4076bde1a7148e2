import { clearInterval, setInterval } from 'node:timers';

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

/** How often a minute a trouble that comes and goes is told of at once. */
const MOST_BEGINNINGS = 2;

/** Kinds that are remembered at most; of more, the oldest are forgotten. */
const MOST_KINDS = 1_000;

type Level = 'warn' | 'error';

/** What a {@link Log} knows a timer by. */
interface LogTimer {
  unref(): LogTimer;
}

/** The timers that a {@link Log} goes by. */
export interface LogTimers {
  setInterval(callback: () => void, ms: number): LogTimer;
  clear(timer: LogTimer | undefined): void;
}

const SYSTEM_TIMERS: LogTimers = {
  setInterval,
  clear: (timer) => clearInterval(timer as NodeJS.Timeout | undefined),
};

/** Makes a text that takes a while to make. It must not throw. */
type LazyText = () => string | undefined;

/** A line that is not written again for a while. */
interface QuietKind {
  level: Level;
  text: string;
  /** How often it came since it was last written. */
  more: number;
  /** How often it was told of at once. */
  beginnings: number;
  /** Whether the trouble is over, and whether a line told of it while it was not. */
  isOver: boolean;
  isTold: boolean;
  readonly timer: LogTimer;
}

/**
 * Writes lines that are safe to write: bounded, without control characters, and never in the way of the code that writes
 * them, even where the application's logger throws.
 */
export class Log {
  private readonly quiet = new Map<string, QuietKind>();
  private readonly said = new Set<string>();
  private isSinkReported = false;

  /** @param timers - Node's unless given, whatever a test puts in place of the global ones. */
  constructor(
    private readonly sink: LogSink,
    private readonly timers: LogTimers = SYSTEM_TIMERS,
  ) {}

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
   * @param stack - of the error that the text speaks of; a function is called where the line is written only.
   */
  repeated(kind: string, level: Level, text: string, stack?: string | LazyText): void {
    const known = this.quiet.get(kind) ?? this.remember(kind);
    const isTold = known.beginnings === 0 || (known.isOver && known.beginnings < MOST_BEGINNINGS);
    // It is kept for a minute.
    Object.assign(known, { level, text: bounded(text), isOver: false });
    if (!isTold) {
      known.more++;
      return;
    }
    known.beginnings++;
    known.isTold = true;
    if (level === 'error') {
      this.error(text, typeof stack === 'function' ? stack() : stack);
    } else {
      this.warn(text);
    }
  }

  /**
   * Says that the trouble of a kind is over. One that comes again is told of at once, but not again and again.
   * @returns whether a line told of it since it began, so that another one should tell of its end.
   */
  over(kind: string): boolean {
    const known = this.quiet.get(kind);
    if (!known || known.isOver) {
      return false;
    }
    const { isTold } = known;
    known.isOver = true;
    known.isTold = false;
    return isTold;
  }

  /** Writes what was counted and not said yet: nothing more is to come. */
  close(): void {
    for (const [kind, { level, text, more, timer }] of this.quiet) {
      this.timers.clear(timer);
      this.quiet.delete(kind);
      if (more > 0) {
        this[level](`${text} (${more} more times)`);
      }
    }
  }

  private remember(kind: string): QuietKind {
    for (const oldest of keepBounded(this.quiet)) {
      this.timers.clear(oldest.timer);
    }
    const timer = this.timers.setInterval(() => this.repeat(kind), QUIET_MS).unref();
    const known: QuietKind = {
      level: 'warn',
      text: '',
      more: 0,
      beginnings: 0,
      isOver: false,
      isTold: false,
      timer,
    };
    this.quiet.set(kind, known);
    return known;
  }

  private repeat(kind: string): void {
    const known = this.quiet.get(kind);
    if (!known || known.more === 0) {
      this.timers.clear(known?.timer);
      this.quiet.delete(kind);
      return;
    }
    const end = known.isOver ? '; it is over' : '';
    this[known.level](`${known.text} (${known.more} times in the last minute${end})`);
    Object.assign(known, { more: 0, beginnings: 1, isTold: !known.isOver });
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
        'The logger of the application threw an error: log lines of nestjs-reqrep are lost',
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
