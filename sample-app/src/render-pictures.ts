import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ReqRepError } from 'nestjs-reqrep';
import { firstValueFrom, from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import type { Thumbnail } from './thumbnail-job.js';
import type { Thumbnails } from './thumbnails.service.js';

/** How the request for one picture ended. */
export type Outcome = {
  readonly file: string;
  /** Time from the request to its reply. */
  readonly ms: number;
} & ({ readonly thumbnail: Thumbnail } | { readonly error: ReqRepError });

/** Enough requests to keep the workers busy, but so few that none waits long. */
const REQUESTS_AT_A_TIME = 8;

/** Requests a thumbnail of each picture and writes it into a folder. */
export async function renderPictures(
  thumbnails: Thumbnails,
  pictures: readonly string[],
  target: string,
): Promise<Outcome[]> {
  const outcomes = from(pictures).pipe(
    mergeMap(
      async (path, index) => ({ index, outcome: await renderPicture(thumbnails, path, target) }),
      REQUESTS_AT_A_TIME,
    ),
    toArray(),
  );
  return (await lastValueFrom(outcomes))
    .toSorted((a, b) => a.index - b.index)
    .map(({ outcome }) => outcome);
}

async function renderPicture(
  thumbnails: Thumbnails,
  path: string,
  target: string,
): Promise<Outcome> {
  const file = basename(path);
  const start = performance.now();
  const ms = (): number => performance.now() - start;
  try {
    const thumbnail = await firstValueFrom(thumbnails.of(path));
    const outcome = { file, ms: ms(), thumbnail };
    await writeFile(join(target, `${file}.webp`), thumbnail.webp, 'base64');
    return outcome;
  } catch (error) {
    if (error instanceof ReqRepError) {
      return { file, ms: ms(), error };
    }
    throw error;
  }
}
