export const deleteKey = {
  name: 'deleteKey',
  command: 'del',
  keys: (key: string) => [key],
  args: () => [],
  read: () => undefined,
};

/** Sets the time to live of a key, ms. */
export const expireKey = {
  name: 'expireKey',
  command: 'pexpire',
  keys: ({ key }: { key: string; ms: number }) => [key],
  args: ({ ms }: { key: string; ms: number }) => [ms],
  read: () => undefined,
};

/** Renames an existing key. */
export const renameKey = {
  name: 'renameKey',
  command: 'rename',
  keys: ({ key, to }: { key: string; to: string }) => [key, to],
  args: () => [],
  read: () => undefined,
};

/** Renames an existing key unless there is a key of the new name. @returns whether it did. */
export const renameKeyIfFree = {
  name: 'renameKeyIfFree',
  command: 'renamenx',
  keys: ({ key, to }: { key: string; to: string }) => [key, to],
  args: () => [],
  read: (answer: unknown): boolean => answer === 1,
};

/** @returns how many of the keys exist. */
export const countKeys = {
  name: 'countKeys',
  command: 'exists',
  keys: (keys: readonly string[]) => keys,
  args: () => [],
  read: (answer: unknown) => Number(answer),
};
