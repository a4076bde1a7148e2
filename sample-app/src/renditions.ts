import sharp, { type Sharp } from 'sharp';
import type { Rendition, RenditionFormat } from './picture-set-job.js';
import type { Plan, WantedRendition } from './plan-job.js';

/** The longest side of each rendition, pixels, the fastest first; the last one bounds the size of a reply. */
const LONGEST_SIDES_PX = [160, 320, 480, 640, 800];
const FORMATS: readonly RenditionFormat[] = ['webp', 'avif'];

/** Names a rendition for the user. */
export const nameOf = ({ format, edge }: WantedRendition): string =>
  `${format === 'avif' ? 'AVIF' : 'WebP'}, ${edge} px`;

/** A picture in memory, no larger than the largest rendition. */
export interface DecodedPicture {
  readonly pixels: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
}

/** Lists the renditions of a picture: every size that does not enlarge it, in every format. */
export async function planFor(file: Buffer): Promise<Plan> {
  const { autoOrient } = await sharp(file).metadata();
  const longest = Math.max(autoOrient.width, autoOrient.height);
  const edges = LONGEST_SIDES_PX.filter((edge) => edge <= longest);
  return (edges.length > 0 ? edges : [longest]).flatMap((edge) =>
    FORMATS.map((format) => ({ format, edge })),
  );
}

/** Reads the picture once for all renditions. */
export async function decode(file: Buffer): Promise<DecodedPicture> {
  const { data, info } = await fitInside(sharp(file).autoOrient(), Math.max(...LONGEST_SIDES_PX))
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { pixels: data, width, height, channels };
}

export async function render(
  { pixels, ...raw }: DecodedPicture,
  { format, edge }: WantedRendition,
): Promise<Rendition> {
  const { data, info } = await fitInside(sharp(pixels, { raw }), edge)
    .toFormat(format, { quality: format === 'avif' ? 55 : 80, effort: 4 })
    .toBuffer({ resolveWithObject: true });
  const { width, height, size: bytes } = info;
  return { format, width, height, bytes, data: data.toString('base64') };
}

const fitInside = (picture: Sharp, edge: number): Sharp =>
  picture.resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true });
