import { styleText } from 'node:util';
import { propertyOf } from '../../errors/error-text.js';
import { escaped } from '../../telemetry/log.js';
import { wrapped } from './wrapped.js';

export type Style = Parameters<typeof styleText>[0];

/** Characters that JSON leaves as they are, and that a terminal may take for commands. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u2028\u2029\p{Bidi_Control}]/gu;

/** Width of a terminal that does not tell its own, columns. */
const DEFAULT_WIDTH = 80;

/** Writes what a command has found: for people on a terminal, as JSON lines anywhere else. */
export class Output {
  /** Whether a person reads it. */
  readonly isForPeople: boolean;
  private readonly hasColours: boolean;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    { isJson, env }: { readonly isJson: boolean; readonly env: NodeJS.ProcessEnv },
  ) {
    this.isForPeople = stream.isTTY && !isJson;
    this.hasColours = this.isForPeople && stream.hasColors(env);
    waitForReader(stream);
  }

  /** Columns of the terminal. */
  get width(): number {
    return this.stream.columns || DEFAULT_WIDTH;
  }

  /** @returns a text in a colour, where there are colours. Escapes what could be a command for the terminal. */
  styled(style: Style, text: string): string {
    const safe = escaped(text);
    return this.hasColours && safe !== ''
      ? styleText(style, safe, { validateStream: false })
      : safe;
  }

  /** Writes a line as it is: escape what comes from elsewhere. */
  line(text = ''): void {
    this.stream.write(`${text}\n`);
  }

  /** Makes the terminal empty. */
  clear(): void {
    if (this.isForPeople) {
      this.stream.write('\u001b[H\u001b[2J\u001b[3J');
    }
  }

  /** Writes a line, escaped. */
  text(text: string): void {
    this.line(escaped(text));
  }

  /** @returns the lines of a text that fit the terminal behind an indent, escaped. */
  wrapped(text: string, indent = 0): string[] {
    return wrapped(escaped(text), this.width - indent);
  }

  /** Writes a value as JSON: in one line, but indented for people. Escapes also for a pipe, which may end on a terminal. */
  json(value: unknown): void {
    const json = JSON.stringify(value, undefined, this.isForPeople ? 2 : undefined) ?? 'null';
    this.line(json.replace(UNSAFE_IN_JSON, escaped));
  }
}

/** The handle of a stream, which decides whether writes wait. Node has no public way to ask for that. */
interface Handle {
  setBlocking?(isBlocking: boolean): unknown;
}

/**
 * Makes writes to a pipe wait for its reader, as those to a file or a terminal do. So the stream of a reply is held back to what the
 * reader reads, which else would fill the memory.
 */
const waitForReader = (stream: NodeJS.WriteStream): void =>
  void (propertyOf(stream, '_handle') as Handle | null | undefined)?.setBlocking?.(true);
