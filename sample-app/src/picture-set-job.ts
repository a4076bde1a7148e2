/** The queue of the workers that make sets of renditions. */
export const PICTURE_SETS = 'picture-sets';

/** What a request for a set carries. */
export interface PictureSetJob {
  /** The absolute path of the picture: as with thumbnails, all processes of this sample run on one machine. */
  readonly path: string;
  /** The file name that the user sees. */
  readonly name: string;
  /** The number of renditions that the caller already has from a lost worker; they are not made again. */
  readonly have: number;
}

/** What the worker streams: once before its first step, then after each. */
export interface SetProgress {
  readonly worker: WorkerName;
  /** The number of finished steps. */
  readonly step: number;
  /** The number of all steps. */
  readonly of: number;
  /** The current step, such as `Making AVIF, 320 px`; absent when all are done. */
  readonly doing?: string;
  /** The rendition that the last step has made. */
  readonly made?: Rendition;
}

export interface WorkerName {
  readonly number: number;
  readonly pid: number;
}

/** The picture in one size and format. */
export interface Rendition {
  readonly format: RenditionFormat;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** The file itself, base64 since a reply is JSON. */
  readonly data: string;
}

export type RenditionFormat = 'webp' | 'avif';
