/** What a worker process tells its parent of a picture. */
export interface WorkerNews {
  readonly picture: string;
  readonly event: 'began' | 'ended' | 'failed' | 'stopped';
}

/** What is known of a worker process. */
export interface WorkerStatus {
  readonly number: number;
  readonly pid: number | undefined;
  /** `down` from its end until another process has taken its place. */
  readonly state: 'running' | 'down';
  /** Whether it has a process of its own, which can be killed. */
  readonly canBeKilled: boolean;
  /** The pictures that it works on. */
  readonly pictures: readonly string[];
  /** How many pictures this process has done. */
  readonly done: number;
}
