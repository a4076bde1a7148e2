/** The queue to wait for, and the slot for the job. */
export interface WaitForJob {
  readonly requests: string;
  readonly slot: string;
  readonly seconds: number;
}

/**
 * Waits for a job and moves it to the head of a slot, so that its position is 0 whatever the slot holds.
 * @returns the job; nothing after the timeout.
 */
export const waitForJob = {
  name: 'waitForJob',
  command: 'blmove',
  keys: ({ requests, slot }: WaitForJob) => [requests, slot],
  args: ({ seconds }: WaitForJob) => ['LEFT', 'LEFT', seconds],
  read: (answer: unknown): readonly string[] => (answer === null ? [] : [String(answer)]),
};
