/** The mark of a paused queue. */
export interface MarkPaused {
  /** The key that exists while the queue is paused. */
  readonly paused: string;
  /** Since when, ms, Redis clock. */
  readonly since: number;
}

/** Pauses a queue for the workers of all processes, which hear of it when they renew their leases. */
export const markPaused = {
  name: 'markPaused',
  command: 'set',
  keys: ({ paused }: MarkPaused) => [paused],
  args: ({ since }: MarkPaused) => [since],
  read: (): void => undefined,
};
