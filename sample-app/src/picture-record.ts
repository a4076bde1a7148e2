import type { WorkerNews } from './worker-status.js';

/** The pictures that a worker has reported. */
export class PictureRecord {
  /** The pictures in progress. */
  pictures: readonly string[] = [];
  /** The number of finished pictures. */
  done = 0;

  record({ picture, event }: WorkerNews): void {
    if (event === 'began') {
      this.pictures = [...this.pictures, picture];
    } else {
      this.pictures = this.pictures.toSpliced(this.pictures.indexOf(picture), 1);
      this.done += event === 'ended' ? 1 : 0;
    }
  }
}
