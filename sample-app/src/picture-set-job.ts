/** The queue of the workers that make sets of renditions. */
export const PICTURE_SETS = 'picture-sets';

/** What a request for a set carries. */
export interface PictureSetJob {
  /** The absolute path of the picture: as with thumbnails, all processes of this sample run on one machine. */
  readonly path: string;
  /** What its user calls it. */
  readonly name: string;
  /** How many renditions its requester has already, from a worker that was lost; these are not made again. */
  readonly have: number;
}

/** What the worker streams: once before its first step, then after each. */
export interface SetProgress {
  readonly worker: WorkerName;
  /** How many steps are done. */
  readonly step: number;
  /** How many steps there are. */
  readonly of: number;
  /** What the worker does now, such as `Making AVIF, 320 px`; missing when it has done all. */
  readonly doing?: string;
  /** What the last step has made. */
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
