/** The queue of the thumbnail workers. */
export const THUMBNAILS = 'thumbnails';

/** What a request for a thumbnail carries. */
export interface ThumbnailJob {
  /**
   * The absolute path of the picture, not the picture: a job may have `maxPayload` bytes (1 MiB unless set), and
   * all processes of this sample run on one machine.
   */
  readonly path: string;
  /** The width of the thumbnail, pixels. */
  readonly width: number;
}

/** The reply of the worker. */
export interface Thumbnail {
  readonly before: PictureSize;
  readonly after: PictureSize;
  /** The thumbnail as WebP, base64 since a reply is JSON. */
  readonly webp: string;
  /** The process of the worker. */
  readonly pid: number;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}
