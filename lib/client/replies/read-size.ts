/** About how much one read should bring, UTF-16 units. */
const READ_LENGTH = 1024 * 1024;

const FIRST_FRAMES = 64;
const MOST_FRAMES = 1_000;

/** What is left of the size of a read that brought no answer: a link or a server's limit that is too small for it is found soon. */
const SHARE_AFTER_LOSS = 1 / 4;

/** How much more each answered read may bring than the one before, once one was not answered. */
const GROWTH_AFTER_LOSS = 1.25;

/** How many frames to ask for: as many as make a good read of their size, and fewer where a read has brought no answer. */
export class ReadSize {
  frames = FIRST_FRAMES;
  private most = MOST_FRAMES;

  /** @param length - of all frames that came, UTF-16 units. */
  answered(frames: number, length: number): void {
    if (frames === 0) {
      return;
    }
    this.most = Math.min(Math.ceil(this.most * GROWTH_AFTER_LOSS), MOST_FRAMES);
    const fitting = Math.max(1, Math.floor((READ_LENGTH * frames) / (length + 1)));
    // Not at once to the most: small frames may have large ones behind them.
    this.frames = Math.min(fitting, 2 * this.frames, this.most);
  }

  /** The connection was lost over it. */
  unanswered(): void {
    this.most = Math.max(1, Math.floor(this.frames * SHARE_AFTER_LOSS));
    this.frames = this.most;
  }
}
