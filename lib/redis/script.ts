/** A Lua script with the way to call it and to read its answer: data, which `protocol/` holds and we run. */
export interface Script<Input, Output> {
  /** Unique; the name of the command that is defined for it. */
  readonly name: string;
  readonly lua: string;
  keys(input: Input): readonly string[];
  args(input: Input): readonly (string | number | Buffer)[];
  read(answer: unknown): Output;
}
