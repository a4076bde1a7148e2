import type { WorkerNews } from './worker-status.js';

/** What a worker has told of its pictures. */
export class PictureRecord {
  /** Those that it works on. */
  pictures: readonly string[] = [];
  /** How many it has done. */
  done = 0;

  hear({ picture, event }: WorkerNews): void {
    if (event === 'began') {
      this.pictures = [...this.pictures, picture];
    } else {
      this.pictures = this.pictures.toSpliced(this.pictures.indexOf(picture), 1);
      this.done += event === 'ended' ? 1 : 0;
    }
  }
}
