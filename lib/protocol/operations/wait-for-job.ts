/** Where a job is waited for, and where it goes. */
export interface WaitForJob {
  readonly requests: string;
  readonly slot: string;
  readonly seconds: number;
}

/**
 * Waits for a job and moves it into a slot: in front, so that its position is 0 whatever the slot may hold.
 * @returns the job; none where none has come in time.
 */
export const waitForJob = {
  name: 'waitForJob',
  command: 'blmove',
  keys: ({ requests, slot }: WaitForJob) => [requests, slot],
  args: ({ seconds }: WaitForJob) => ['LEFT', 'LEFT', seconds],
  read: (answer: unknown): readonly string[] => (answer === null ? [] : [String(answer)]),
};
