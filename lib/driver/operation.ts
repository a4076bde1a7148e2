/** An argument of a command or script. */
export type Argument = string | number | Buffer;

/** Common part of all operations: how an input becomes keys and arguments, and how the answer is read. */
interface Call<Input, Output> {
  /** Unique among all operations. */
  readonly name: string;
  /** Keys or channels that it uses. */
  keys(input: Input): readonly string[];
  args(input: Input): readonly Argument[];
  read(answer: unknown): Output;
}

/** An operation that the server runs as one step, by a Lua script. */
export interface Script<Input, Output> extends Call<Input, Output> {
  readonly lua: string;
}

/** An operation that is one command of the server. */
export interface Command<Input, Output> extends Call<Input, Output> {
  /** Name in lower case, such as `lrange`. Its keys precede its other arguments. */
  readonly command: string;
  /** Whether the answer is read as bytes. */
  readonly isBinary?: boolean;
}

/** One access to the server, as a value. The code that uses it need not know whether it is a command or a script. */
export type Operation<Input, Output> = Script<Input, Output> | Command<Input, Output>;

/** Starts an operation. */
export type Run = <Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
) => Promise<Output>;

/** One operation of a {@link Transaction}, with its input. */
export interface Step {
  readonly operation: Operation<unknown, unknown>;
  readonly input: unknown;
}

/** Operations that the server runs one after the other, with no other command in between. */
export interface Transaction<Input, Output> {
  readonly name: string;
  steps(input: Input): readonly Step[];
  /** Steps that change nothing, and that a server accepts as one transaction if it accepts {@link steps}. */
  trial(input: Input): readonly Step[];
  /** Does the same as all steps, for servers that refuse transactions. */
  readonly asScript: {
    readonly script: Script<Input, Output>;
    inputOf(input: Input): Input;
  };
  /** @param results - the error or the output of each step. */
  read(results: readonly PromiseSettledResult<unknown>[], input: Input): Output;
}
