import { isRecord } from '../../errors/value-text.js';
import type { ReplyFrame, StreamPosition } from '../../protocol/wire/reply-frame.js';

type ErrorFrame = Extract<ReplyFrame, { readonly kind: 'e' }>;

/** The way to treat a frame of a stream: `broken` means that values are missing, or that the stream started again. */
export type Verdict = 'next' | 'repeated' | 'broken';

/**
 * Assembles a stream from its frames: each value once and in order. Frames may arrive twice (when a connection was lost as they were
 * pushed or removed), or from two runs of one job: a job that was pushed again, because Redis had not confirmed it, may run twice,
 * and so may one that a server which lacks the last writes has handed out again, as the same delivery.
 * The stream follows the run whose value arrived first.
 */
export class IncomingStream {
  private run: StreamPosition | undefined;
  /** Id of another run, of the same or a later delivery, that has started meanwhile. */
  private otherRun: string | undefined;
  /** Whether the followed run has sent a frame since the other run started. */
  private hasRunContinued = false;
  /** Number of values that were accepted. */
  count = 0;

  /** @param isValue - whether the frame carries a value; else it ends the stream. */
  judge(position: StreamPosition, isValue: boolean): Verdict {
    if (!this.run || (this.count === 0 && position.attempt > this.run.attempt)) {
      this.run = position;
    }
    if (position.run !== this.run.run) {
      return position.attempt < this.run.attempt ? 'repeated' : this.judgeOther(position, isValue);
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

  /** Accepts an error even if values before it are missing, unless it is of another run. */
  judgeError({ position, error }: Pick<ErrorFrame, 'position' | 'error'>): Verdict {
    if (position) {
      return position.run === this.run?.run ? 'next' : this.judge(position, false);
    }
    return error.code === 'WORKER_LOST' && isRecord(error.details)
      ? this.judgeLoss(error.details['deliveries'])
      : 'next';
  }

  /**
   * Judges the report that a delivery was lost with its worker.
   * @param deliveries - which delivery was lost.
   */
  private judgeLoss(deliveries: unknown): Verdict {
    // If the job was pushed twice, the lost delivery may be the other run.
    return this.count > 0 && typeof deliveries === 'number' && deliveries > this.attempt
      ? 'repeated'
      : 'next';
  }

  /** Judges a frame of another run. If that run ends while the followed one sends nothing, it has replaced the followed one. */
  private judgeOther({ run }: StreamPosition, isValue: boolean): Verdict {
    if (this.otherRun !== run) {
      this.otherRun = run;
      this.hasRunContinued = false;
      return 'repeated';
    }
    return isValue || this.hasRunContinued ? 'repeated' : 'broken';
  }

  get attempt(): number {
    return this.run?.attempt ?? 1;
  }
}
