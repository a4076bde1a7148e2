/** What is sent as an argument. */
export type Argument = string | number | Buffer;

/** What all operations have: a name, the keys and arguments of an input, and what its answer means. */
interface Call<Input, Output> {
  /** Unique among all operations. */
  readonly name: string;
  /** The keys that it touches, or the channels. */
  keys(input: Input): readonly string[];
  args(input: Input): readonly Argument[];
  read(answer: unknown): Output;
}

/** An operation that the server carries out as one step by a script in Lua. */
export interface Script<Input, Output> extends Call<Input, Output> {
  readonly lua: string;
}

/** An operation that is a command of the server. */
export interface Command<Input, Output> extends Call<Input, Output> {
  /** In lower case, such as `lrange`. The keys come first among its arguments. */
  readonly command: string;
  /** Whether its answer is read as bytes. */
  readonly isBinary?: boolean;
}

/** One access to the server, as a value: whoever wants it need not know how it is carried out. */
export type Operation<Input, Output> = Script<Input, Output> | Command<Input, Output>;

/** Starts an operation. */
export type Run = <Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
) => Promise<Output>;

/** One operation of a {@link Transaction}, with the input that it wants. */
export interface Step {
  readonly operation: Operation<unknown, unknown>;
  readonly input: unknown;
}

/** Operations that the server carries out one after the other with nothing in between. */
export interface Transaction<Input, Output> {
  readonly name: string;
  steps(input: Input): readonly Step[];
  /** @param results - the error or the output of each step. */
  read(results: readonly PromiseSettledResult<unknown>[], input: Input): Output;
}
