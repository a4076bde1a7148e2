import { clearInterval, setInterval } from 'node:timers';

/** Receives the log lines of the library. The Nest module passes Nest's `Logger`. */
export interface LogSink {
  info(text: string): void;
  warn(text: string): void;
  /** @param stack - the stack of the error that the text reports. */
  error(text: string, stack?: string): void;
}

/** Maximum length of one line. */
const MAX_LINE_CHARS = 2_000;

/** Interval in which a line of one kind is written once, with a count. */
const REPEAT_INTERVAL_MS = 60_000;

/** Maximum number of lines of one kind that are written immediately within a minute, if the trouble ends and begins again. */
const MAX_IMMEDIATE_LINES = 2;

/** Maximum number of kinds that are remembered. Beyond that, the oldest is removed. */
const MAX_KINDS = 1_000;

type Level = 'warn' | 'error';

/** A timer of a {@link Log}. */
interface LogTimer {
  unref(): LogTimer;
}

/** Timer functions that a {@link Log} uses. */
export interface LogTimers {
  setInterval(callback: () => void, ms: number): LogTimer;
  clear(timer: LogTimer | undefined): void;
}

const SYSTEM_TIMERS: LogTimers = {
  setInterval,
  clear: (timer) => clearInterval(timer as NodeJS.Timeout | undefined),
};

/** Builds a text that is expensive to build. It must not throw. */
type LazyText = () => string | undefined;

/** A kind of line that was written, and whose repetitions are counted. */
interface RepeatedKind {
  level: Level;
  text: string;
  /** Number of lines since the last one was written. */
  unwritten: number;
  /** Number of lines that were written immediately within this minute. */
  immediateLines: number;
  /** Whether the trouble is over. */
  isOver: boolean;
  /** Whether a line reported the trouble since it began. */
  isReported: boolean;
  /** Writes the counts; `undefined` where the log was closed before. */
  readonly timer: LogTimer | undefined;
}

/**
 * Writes log lines of bounded length and without control characters. It never throws, even if the application's logger does.
 */
export class Log {
  private readonly repeatedKinds = new Map<string, RepeatedKind>();
  private readonly onceKinds = new Set<string>();
  private readonly serverLogs = new Map<string, Log>();
  private isSinkFailureReported = false;
  private isClosed = false;

  /**
   * @param timers - by default Node's own, even if a test fakes the globals.
   * @param whole - the log that this one is a part of.
   */
  constructor(
    private readonly sink: LogSink,
    private readonly timers: LogTimers = SYSTEM_TIMERS,
    private readonly whole?: Log,
  ) {}

  /**
   * @param server - which of several servers; `''` = there is only one.
   * @returns the log for one server: a trouble that is over there is not over on the others, though it is of the same kind.
   */
  of(server: string): Log {
    const known = server === '' ? this : this.serverLogs.get(server);
    return known ?? this.addServer(server);
  }

  /** The log for what concerns no single server, such as the code of the application. */
  get ofAllServers(): Log {
    return this.whole ?? this;
  }

  info(text: string): void {
    this.write(() => this.sink.info(bounded(text)));
  }

  warn(text: string): void {
    this.write(() => this.sink.warn(bounded(text)));
  }

  error(text: string, stack?: string): void {
    this.write(() => this.sink.error(bounded(text), stack && boundedLines(stack)));
  }

  /** Writes the first line of a kind, of any server, and ignores all others. */
  once(kind: string, level: Level, text: string): void {
    if (this.whole) {
      this.whole.once(kind, level, text);
    } else if (!this.onceKinds.has(kind)) {
      removeOldestIfFull(this.onceKinds);
      this.onceKinds.add(kind);
      this[level](text);
    }
  }

  /**
   * Writes the first line of a kind immediately, and then at most one a minute, with the count of the others.
   * @param kind - distinguishes lines: usually the trouble and the queue.
   * @param stack - the stack of the error that the text reports; a function is only called if the line is written.
   */
  repeated(kind: string, level: Level, text: string, stack?: string | LazyText): void {
    const known = this.repeatedKinds.get(kind) ?? this.remember(kind);
    const writesNow =
      known.immediateLines === 0 || (known.isOver && known.immediateLines < MAX_IMMEDIATE_LINES);
    // The text is cut now, because it is kept for a minute.
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
   * Notes that the trouble of a kind is over. If it begins again, that is logged immediately, {@link MAX_IMMEDIATE_LINES} times a minute.
   * @returns whether a line reported the trouble since it began, so that its end should be logged, too.
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

  /**
   * Writes the counts of lines that were not written yet, and stops the timers. Calls that fail because of the close are reported
   * later: the first line of each kind is still written, and no timer is started for its repetitions.
   */
  close(): void {
    this.isClosed = true;
    this.serverLogs.forEach((log) => log.close());
    for (const [kind, { level, text, unwritten, timer }] of this.repeatedKinds) {
      this.timers.clear(timer);
      this.repeatedKinds.delete(kind);
      if (unwritten > 0) {
        this[level](`${text} (${unwritten} more ${unwritten === 1 ? 'time' : 'times'})`);
      }
    }
  }

  private addServer(server: string): Log {
    const log = new Log(this, this.timers, this);
    if (this.isClosed) {
      log.close();
    }
    this.serverLogs.set(server, log);
    return log;
  }

  private remember(kind: string): RepeatedKind {
    for (const oldest of removeOldestIfFull(this.repeatedKinds)) {
      this.timers.clear(oldest.timer);
    }
    const timer = this.isClosed
      ? undefined
      : this.timers.setInterval(() => this.writeCount(kind), REPEAT_INTERVAL_MS).unref();
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
    this[known.level](
      `${known.text} (${known.unwritten === 1 ? 'once' : `${known.unwritten} times`} in the last minute${end})`,
    );
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

  /** Reports once, as a process warning, that the application's logger throws. */
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

/** Removes the oldest kind if there is no room for another one. @returns the removed values. */
function removeOldestIfFull<Value>(kinds: Map<string, Value> | Set<string>): Value[] {
  if (kinds.size < MAX_KINDS) {
    return [];
  }
  const [oldest = ''] = kinds.keys();
  const value = kinds instanceof Map ? kinds.get(oldest) : undefined;
  kinds.delete(oldest);
  return value === undefined ? [] : [value];
}

/** Control characters, line separators and marks that change the text direction. */
const UNSAFE_CHARACTERS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Cuts a long line and escapes unsafe characters, because log lines may contain data of other systems. */
export function bounded(text: string): string {
  const cut = text.length > MAX_LINE_CHARS ? `${text.slice(0, MAX_LINE_CHARS)}...` : text;
  return escaped(cut);
}

/** Escapes characters that could change what a terminal or a reader of a log shows. */
export const escaped = (text: string): string =>
  text.replace(
    UNSAFE_CHARACTERS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Maximum number of lines of a stack that are written. */
const MAX_STACK_LINES = 50;

const boundedLines = (stack: string): string =>
  stack.split('\n', MAX_STACK_LINES).map(bounded).join('\n');
