/** A command of a client as it was sent: its bytes, and its name and arguments. */
export interface SentCommand {
  readonly bytes: Buffer;
  readonly words: readonly string[];
}

const END_OF_LINE = '\r\n';

/** @returns a function that takes what a client sends, in any pieces, and returns the commands that have arrived as a whole. */
export function commandReader(): (data: Buffer) => readonly SentCommand[] {
  let rest = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    const commands: SentCommand[] = [];
    for (let next = firstCommand(rest); next; next = firstCommand(rest)) {
      commands.push(next);
      rest = rest.subarray(next.bytes.length);
    }
    return commands;
  };
}

function firstCommand(data: Buffer): SentCommand | undefined {
  let end = 0;
  const number = (): number | undefined => {
    const endOfLine = data.indexOf(END_OF_LINE, end);
    const text = data.toString('latin1', end + 1, endOfLine);
    end = endOfLine + END_OF_LINE.length;
    return endOfLine < 0 ? undefined : Number(text);
  };
  const words: string[] = [];
  const count = number();
  if (count === undefined) {
    return undefined;
  }
  for (let index = 0; index < count; index++) {
    const length = number();
    if (length === undefined || end + length + END_OF_LINE.length > data.length) {
      return undefined;
    }
    words.push(data.toString('latin1', end, end + length));
    end += length + END_OF_LINE.length;
  }
  return { bytes: data.subarray(0, end), words };
}
