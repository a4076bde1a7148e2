/** About how much one read should bring, UTF-16 units. */
const TARGET_READ_CHARS = 1024 * 1024;

const FIRST_READ_FRAMES = 64;
const MAX_READ_FRAMES = 1_000;

/** What is left of the size of a read that brought no answer: a link or a server's limit that is too small for it is found soon. */
const SIZE_FACTOR_AFTER_LOSS = 1 / 4;

/** How much more each answered read may bring than the one before, once one was not answered. */
const GROWTH_FACTOR_AFTER_LOSS = 1.25;

/** How many frames to ask for: as many as make a good read of their size, and fewer where a read has brought no answer. */
export class ReadSize {
  frames = FIRST_READ_FRAMES;
  private maxFrames = MAX_READ_FRAMES;

  /** @param length - of all frames that came, UTF-16 units. */
  answered(frames: number, length: number): void {
    if (frames === 0) {
      return;
    }
    this.maxFrames = Math.min(
      Math.ceil(this.maxFrames * GROWTH_FACTOR_AFTER_LOSS),
      MAX_READ_FRAMES,
    );
    const fitting = Math.max(1, Math.floor((TARGET_READ_CHARS * frames) / (length + 1)));
    // Not at once to the most: small frames may have large ones behind them.
    this.frames = Math.min(fitting, 2 * this.frames, this.maxFrames);
  }

  /** The connection was lost over it. */
  unanswered(): void {
    this.maxFrames = Math.max(1, Math.floor(this.frames * SIZE_FACTOR_AFTER_LOSS));
    this.frames = this.maxFrames;
  }
}
