import { isRecord } from '../../errors/value-text.js';
import type { ReplyFrame, StreamPosition } from '../../protocol/wire/reply-frame.js';

type ErrorFrame = Extract<ReplyFrame, { readonly kind: 'e' }>;

/** What is to become of a frame of a stream: `broken` means that values are missing, or that it began anew. */
export type Verdict = 'next' | 'repeated' | 'broken';

/**
 * Puts a stream together from its frames, each value once and in order. Frames may come twice (when a connection
 * broke as they were pushed or removed), or from two runs of one job: one that was pushed again, since Redis had not confirmed
 * it, runs twice, and the stream keeps to the run whose value came first.
 */
export class IncomingStream {
  private run: StreamPosition | undefined;
  /** A later run that has begun meanwhile. */
  private laterRun: string | undefined;
  /** Whether a frame of the stream's own run has come since then. */
  private hasRunContinued = false;
  /** How many values have come. */
  count = 0;

  /** @param isValue - whether the frame carries a value; else it is the end. */
  judge(position: StreamPosition, isValue: boolean): Verdict {
    if (!this.run || (this.count === 0 && position.attempt > this.run.attempt)) {
      this.run = position;
    }
    if (position.run !== this.run.run) {
      return position.attempt > this.run.attempt ? this.judgeLater(position, isValue) : 'repeated';
    }
    this.hasRunContinued = true;
    if (position.index !== this.count) {
      return position.index < this.count ? 'repeated' : 'broken';
    }
    if (isValue) {
      this.count++;
    }
    return 'next';
  }

  /** An error ends the stream even if values before it are missing, unless it is that of another run. */
  judgeError({ position, error }: Pick<ErrorFrame, 'position' | 'error'>): Verdict {
    if (position) {
      return position.run === this.run?.run ? 'next' : this.judge(position, false);
    }
    return error.code === 'WORKER_LOST' && isRecord(error.details)
      ? this.judgeLoss(error.details['deliveries'])
      : 'next';
  }

  /**
   * Tells of a lost delivery, by whoever found its worker lost.
   * @param deliveries - which delivery was lost.
   */
  private judgeLoss(deliveries: unknown): Verdict {
    // The loss of a job that was pushed twice may be that of its other run.
    return this.count > 0 && typeof deliveries === 'number' && deliveries > this.attempt
      ? 'repeated'
      : 'next';
  }

  /** A later run that comes to its end while nothing is heard of the stream's own has taken its place. */
  private judgeLater({ run }: StreamPosition, isValue: boolean): Verdict {
    if (this.laterRun !== run) {
      this.laterRun = run;
      this.hasRunContinued = false;
      return 'repeated';
    }
    return isValue || this.hasRunContinued ? 'repeated' : 'broken';
  }

  get attempt(): number {
    return this.run?.attempt ?? 1;
  }
}
