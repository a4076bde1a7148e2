import { clearInterval, setInterval } from 'node:timers';

/** Where the library writes what an operator should know. The Nest shell hands in Nest's `Logger`. */
export interface LogSink {
  info(text: string): void;
  warn(text: string): void;
  /** @param stack - of the error that the text speaks of, where there is one. */
  error(text: string, stack?: string): void;
}

/** Characters of one line that are written at most. */
const MAX_LINE_CHARS = 2_000;

/** How long a line of one kind is not written again, ms. */
const REPEAT_INTERVAL_MS = 60_000;

/** How often a minute a trouble that comes and goes is told of at once. */
const MAX_IMMEDIATE_LINES = 2;

/** Kinds that are remembered at most; of more, the oldest are forgotten. */
const MAX_KINDS = 1_000;

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
interface RepeatedKind {
  level: Level;
  text: string;
  /** How often it came since it was last written. */
  unwritten: number;
  /** How often it was told of at once. */
  immediateLines: number;
  /** Whether the trouble is over, and whether a line told of it while it was not. */
  isOver: boolean;
  isReported: boolean;
  readonly timer: LogTimer;
}

/**
 * Writes lines that are safe to write: bounded, without control characters, and never in the way of the code that writes
 * them, even where the application's logger throws.
 */
export class Log {
  private readonly repeatedKinds = new Map<string, RepeatedKind>();
  private readonly onceKinds = new Set<string>();
  private isSinkFailureReported = false;

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
    if (!this.onceKinds.has(kind)) {
      removeOldestIfFull(this.onceKinds);
      this.onceKinds.add(kind);
      this[level](text);
    }
  }

  /**
   * Writes the first line of a kind at once, and then one a minute at most, which says how many there were.
   * @param kind - what is told apart: one for each queue and each thing that can go wrong with it.
   * @param stack - of the error that the text speaks of; a function is called where the line is written only.
   */
  repeated(kind: string, level: Level, text: string, stack?: string | LazyText): void {
    const known = this.repeatedKinds.get(kind) ?? this.remember(kind);
    const writesNow =
      known.immediateLines === 0 || (known.isOver && known.immediateLines < MAX_IMMEDIATE_LINES);
    // It is kept for a minute.
    Object.assign(known, { level, text: bounded(text), isOver: false });
    if (!writesNow) {
      known.unwritten++;
      return;
    }
    known.immediateLines++;
    known.isReported = true;
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
    const known = this.repeatedKinds.get(kind);
    if (!known || known.isOver) {
      return false;
    }
    const { isReported } = known;
    known.isOver = true;
    known.isReported = false;
    return isReported;
  }

  /** Writes what was counted and not said yet: nothing more is to come. */
  close(): void {
    for (const [kind, { level, text, unwritten, timer }] of this.repeatedKinds) {
      this.timers.clear(timer);
      this.repeatedKinds.delete(kind);
      if (unwritten > 0) {
        this[level](`${text} (${unwritten} more times)`);
      }
    }
  }

  private remember(kind: string): RepeatedKind {
    for (const oldest of removeOldestIfFull(this.repeatedKinds)) {
      this.timers.clear(oldest.timer);
    }
    const timer = this.timers.setInterval(() => this.writeCount(kind), REPEAT_INTERVAL_MS).unref();
    const known: RepeatedKind = {
      level: 'warn',
      text: '',
      unwritten: 0,
      immediateLines: 0,
      isOver: false,
      isReported: false,
      timer,
    };
    this.repeatedKinds.set(kind, known);
    return known;
  }

  private writeCount(kind: string): void {
    const known = this.repeatedKinds.get(kind);
    if (!known || known.unwritten === 0) {
      this.timers.clear(known?.timer);
      this.repeatedKinds.delete(kind);
      return;
    }
    const end = known.isOver ? '; it is over' : '';
    this[known.level](`${known.text} (${known.unwritten} times in the last minute${end})`);
    known.unwritten = 0;
    known.immediateLines = 1;
    known.isReported = !known.isOver;
  }

  private write(write: () => void): void {
    try {
      write();
    } catch {
      this.reportSinkFailure();
    }
  }

  /** Says once that the application's logger throws, in the only place that is left. */
  private reportSinkFailure(): void {
    if (!this.isSinkFailureReported) {
      this.isSinkFailureReported = true;
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
function removeOldestIfFull<Value>(kinds: Map<string, Value> | Set<string>): Value[] {
  if (kinds.size < MAX_KINDS) {
    return [];
  }
  const [oldest = ''] = kinds.keys();
  const value = kinds instanceof Map ? kinds.get(oldest) : undefined;
  kinds.delete(oldest);
  return value === undefined ? [] : [value];
}

/** Control characters, line separators, and the marks that turn the direction of what follows. */
const UNSAFE_CHARACTERS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Cuts a line that is too long, and shows unsafe characters as escapes: what is logged may be of anybody's making. */
export function bounded(text: string): string {
  const cut = text.length > MAX_LINE_CHARS ? `${text.slice(0, MAX_LINE_CHARS)}...` : text;
  return cut.replace(
    UNSAFE_CHARACTERS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Lines of a stack that are written at most. */
const MAX_STACK_LINES = 50;

const boundedLines = (stack: string): string =>
  stack.split('\n', MAX_STACK_LINES).map(bounded).join('\n');
