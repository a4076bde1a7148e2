/** A range of a list by positions; negative positions count from the end. */
export interface ListRange {
  readonly list: string;
  readonly first: number;
  readonly last: number;
}

const rangeKeys = ({ list }: ListRange): string[] => [list];
const rangeArgs = ({ first, last }: ListRange): number[] => [first, last];

export interface PushToList {
  readonly list: string;
  readonly elements: readonly (string | Buffer)[];
}

/** Appends elements to a list. @returns the new length. */
export const pushToList = {
  name: 'pushToList',
  command: 'rpush',
  keys: ({ list }: PushToList) => [list],
  args: ({ elements }: PushToList) => elements,
  read: (answer: unknown) => Number(answer),
};

export const readList = {
  name: 'readList',
  command: 'lrange',
  keys: rangeKeys,
  args: rangeArgs,
  read: (answer: unknown) => answer as string[],
};

/** Reads like {@link readList}, with the elements as bytes. */
export const readListBytes = {
  name: 'readListBytes',
  command: 'lrange',
  isBinary: true,
  keys: rangeKeys,
  args: rangeArgs,
  read: (answer: unknown) => answer as Buffer[],
};

/** Removes all elements outside a range. A server that accepts no writes refuses it even where nothing would change. */
export const trimList = {
  name: 'trimList',
  command: 'ltrim',
  keys: rangeKeys,
  args: rangeArgs,
  read: () => undefined,
};

export const listLength = {
  name: 'listLength',
  command: 'llen',
  keys: (list: string) => [list],
  args: () => [],
  read: (answer: unknown) => Number(answer),
};

/** Reads the first element of a list; `null` for an empty list. */
export const listHead = {
  name: 'listHead',
  command: 'lindex',
  keys: (list: string) => [list],
  args: () => [0],
  read: (answer: unknown) => answer as string | null,
};

/** Waits for the first element of a list and leaves it there. @returns `null` after the timeout. */
export const waitForHead = {
  name: 'waitForHead',
  command: 'blmove',
  keys: ({ list }: { list: string; seconds: number }) => [list, list],
  args: ({ seconds }: { list: string; seconds: number }) => ['LEFT', 'LEFT', seconds],
  read: (answer: unknown) => answer as string | null,
};

/** Waits for an element of one of several lists and removes it. @returns `null` after the timeout. */
export const popFirst = {
  name: 'popFirst',
  command: 'blpop',
  keys: ({ lists }: { lists: readonly string[]; seconds: number }) => lists,
  args: ({ seconds }: { lists: readonly string[]; seconds: number }) => [seconds],
  read: (answer: unknown) => answer as [list: string, element: string] | null,
};

/** Moves the first element of a list to the head of another list. @returns `null` for an empty list. */
export const moveHead = {
  name: 'moveHead',
  command: 'lmove',
  keys: ({ from, to }: { from: string; to: string }) => [from, to],
  args: () => ['LEFT', 'LEFT'],
  read: (answer: unknown) => answer as string | null,
};
