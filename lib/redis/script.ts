import { createHash } from 'node:crypto';
import { argumentOf } from './argument.js';

/** A Lua script with the way to call it and to read its answer: data, which `protocol/` holds and we run. */
export interface Script<Input, Output> {
  /** Unique; the name of the command that is defined for it. */
  readonly name: string;
  readonly lua: string;
  keys(input: Input): readonly string[];
  args(input: Input): readonly (string | number | Buffer)[];
  read(answer: unknown): Output;
}

export const argumentsOf = <Input>(
  script: Script<Input, unknown>,
  input: Input,
): (string | number | Buffer)[] =>
  script.args(input).map((value) => (typeof value === 'string' ? argumentOf(value) : value));

const digests = new Map<string, string>();

/** @returns what the server knows a script by, once it has run it. */
export function digestOf(lua: string): string {
  let digest = digests.get(lua);
  if (digest === undefined) {
    digest = createHash('sha1').update(lua).digest('hex');
    digests.set(lua, digest);
  }
  return digest;
}

/** @returns the script with a digest; `undefined` for one that this process has not run. */
export function luaOf(digest: string): string | undefined {
  return [...digests].find(([, known]) => known === digest)?.[0];
}
