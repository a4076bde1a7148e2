/** @returns a number of things in words, such as `1 job` or `3 jobs`. */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;
