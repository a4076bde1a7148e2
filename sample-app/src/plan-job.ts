import type { RenditionFormat } from './picture-set-job.js';

/** The queue of the workers that plan the renditions of a picture. */
export const PLANS = 'plans';

/** What a request for a plan carries. */
export interface PlanJob {
  /** The absolute path of the picture. */
  readonly path: string;
  /** The file name that the user sees. */
  readonly name: string;
}

/** The reply of the worker: the renditions that are worth making, the fastest first. */
export type Plan = readonly WantedRendition[];

/** A rendition that is still to be made. */
export interface WantedRendition {
  readonly format: RenditionFormat;
  /** The longest side, pixels. */
  readonly edge: number;
}
