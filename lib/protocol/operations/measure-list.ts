import { LUA_LIST_SIZE, readListSize, type ListSize } from './lua-list-size.js';

export interface MeasureList {
  readonly list: string;
}

/** Measures the length and the memory of a list. */
export const measureList = {
  name: 'reqrepMeasureList',
  // KEYS: list
  // ARGV: none
  // Output: {length, bytes or -1}
  lua: `${LUA_LIST_SIZE}
return listSize(KEYS[1])
`,
  keys: ({ list }: MeasureList) => [list],
  args: () => [],
  read: (answer: unknown): ListSize => readListSize(answer),
};
