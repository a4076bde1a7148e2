/** @returns a number of jobs in words, such as `1 job` or `3 jobs`. */
export const jobCount = (count: number): string => (count === 1 ? '1 job' : `${count} jobs`);
