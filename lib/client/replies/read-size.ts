/** Approximate length of the frames that one read should return, UTF-16 units. */
const TARGET_READ_CHARS = 1024 * 1024;

const FIRST_READ_FRAMES = 64;
const MAX_READ_FRAMES = 1_000;

/** Factor for the next read after one without an answer. It is small, so that a slow link or a server's limit is found soon. */
const SIZE_FACTOR_AFTER_LOSS = 1 / 4;

/** Factor by which the maximum grows with each answered read, after one was not answered. */
const GROWTH_FACTOR_AFTER_LOSS = 1.25;

/** Chooses how many frames to read at a time: about {@link TARGET_READ_CHARS} in total, and fewer after a read without an answer. */
export class ReadSize {
  frames = FIRST_READ_FRAMES;
  private maxFrames = MAX_READ_FRAMES;

  /** @param length - UTF-16 units of all frames that were read. */
  answered(frames: number, length: number): void {
    if (frames === 0) {
      return;
    }
    this.maxFrames = Math.min(
      Math.ceil(this.maxFrames * GROWTH_FACTOR_AFTER_LOSS),
      MAX_READ_FRAMES,
    );
    const fitting = Math.max(1, Math.floor((TARGET_READ_CHARS * frames) / (length + 1)));
    // Grows step by step, because large frames may follow small ones.
    this.frames = Math.min(fitting, 2 * this.frames, this.maxFrames);
  }

  /** Reads less next time, because the connection was lost during a read. */
  unanswered(): void {
    this.maxFrames = Math.max(1, Math.floor(this.frames * SIZE_FACTOR_AFTER_LOSS));
    this.frames = this.maxFrames;
  }
}
