/** Lua: `listSize(list)` returns `{length, bytes}`; -1 bytes where the server does not support MEMORY USAGE. */
export const LUA_LIST_SIZE = `
local function listSize(list)
  local bytes = redis.pcall('MEMORY', 'USAGE', list)
  return { redis.call('LLEN', list), type(bytes) == 'number' and bytes or bytes and -1 or 0 }
end
`;

/** The size of a list. */
export interface ListSize {
  readonly length: number;
  /** Estimated memory, bytes; `undefined` where the server does not support MEMORY USAGE. */
  readonly bytes: number | undefined;
}

export function readListSize(answer: unknown): ListSize {
  const [length, bytes] = answer as [number, number];
  return { length, bytes: bytes < 0 ? undefined : bytes };
}
