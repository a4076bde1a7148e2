import { createHash } from 'node:crypto';
import type { Argument, Operation } from '../../driver/operation.js';
import { argumentOf } from '../../protocol/argument.js';

/** @returns the arguments of an operation after its keys. */
export const argumentsOf = <Input>(
  operation: Operation<Input, unknown>,
  input: Input,
): Argument[] =>
  operation.args(input).map((value) => (typeof value === 'string' ? argumentOf(value) : value));

const digests = new Map<string, string>();

/** @returns the SHA-1 digest by which the server finds a script. */
export function digestOf(lua: string): string {
  let digest = digests.get(lua);
  if (digest === undefined) {
    digest = createHash('sha1').update(lua).digest('hex');
    digests.set(lua, digest);
  }
  return digest;
}

/** @returns the script with a digest; `undefined` if this process has not run it. */
export function luaOf(digest: string): string | undefined {
  return [...digests].find(([, known]) => known === digest)?.[0];
}
