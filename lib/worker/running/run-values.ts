import type { JobRun } from './job-run.js';
import type { RunReplies } from './run-replies.js';
import type { ValueTaker } from './source-subscriber.js';

/** Sends the values of one run as they arrive, or only the last one as the reply where the values are no stream. */
export class RunValues implements ValueTaker {
  /** Values that arrived before it was known whether they are a stream; only the last one where the job cannot stream. */
  private held: unknown[] = [];

  constructor(
    private readonly run: JobRun,
    private readonly replies: RunReplies,
    private readonly onClosed: () => void,
  ) {}

  value(value: unknown): void {
    const { run } = this;
    if (run.isAnswered) {
      return;
    }
    if (this.areSent) {
      this.sendHeld();
      this.replies.send(run, value);
    } else if (canStream(run)) {
      this.held.push(value);
    } else if (run.context.isAwaited) {
      this.held = [value];
    }
  }

  failed(error: unknown): void {
    this.replies.failWith(this.run, error);
  }

  completed(): void {
    if (this.areSent) {
      this.sendHeld();
      this.replies.endStream(this.run);
    } else {
      this.replies.succeed(this.run, this.held.at(-1));
    }
  }

  closed(): void {
    this.held = [];
    this.onClosed();
  }

  strayed(error: unknown): void {
    this.run.context.strayed('the teardown of its Observable', error);
  }

  private get areSent(): boolean {
    return this.run.context.isStreaming && canStream(this.run);
  }

  private sendHeld(): void {
    const { held } = this;
    this.held = [];
    for (const value of held) {
      this.replies.send(this.run, value);
    }
  }
}

/** Whether the caller can read a stream: an original requester reads one reply only. */
const canStream = ({ job, context }: JobRun): boolean => job.version === 2 && context.isAwaited;
