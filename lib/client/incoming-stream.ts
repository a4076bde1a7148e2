import type { StreamPosition } from '../protocol/reply-frame.js';

/** What is to become of a frame of a stream: `broken` means that values are missing, or that it began anew. */
export type Verdict = 'next' | 'repeated' | 'broken';

/**
 * Puts a stream together from its frames, each value once and in order. Frames may come twice (when a connection
 * broke as they were pushed or removed), or from two runs of one job.
 */
export class IncomingStream {
  private run: StreamPosition | undefined;
  /** How many values have come. */
  count = 0;

  /** @param isValue - whether the frame carries a value; else it is the end. */
  judge(position: StreamPosition, isValue: boolean): Verdict {
    if (!this.run || (this.count === 0 && position.attempt > this.run.attempt)) {
      this.run = position;
    }
    if (position.run !== this.run.run) {
      return position.attempt > this.run.attempt ? 'broken' : 'repeated';
    }
    if (position.index !== this.count) {
      return position.index < this.count ? 'repeated' : 'broken';
    }
    if (isValue) {
      this.count++;
    }
    return 'next';
  }

  /** @param position - of an error, which ends the stream even if values before it are missing. */
  judgeError(position: StreamPosition): Verdict {
    return position.run === this.run?.run ? 'next' : this.judge(position, false);
  }

  get attempt(): number {
    return this.run?.attempt ?? 1;
  }
}
