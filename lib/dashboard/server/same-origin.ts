import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './http-refusal.js';

/**
 * Refuses what a page of another origin asks, with the cookies of the user. Programs other than browsers send neither header.
 * @throws HttpRefusal
 */
export function refuseOtherOrigins({ headers, method }: IncomingMessage): void {
  const site = headers['sec-fetch-site'];
  const { origin } = headers;
  const isOwn =
    site !== undefined
      ? site === 'same-origin' || (site === 'none' && method !== 'POST')
      : origin === undefined || hostIn(origin) === hostOf(headers);
  if (!isOwn) {
    throw new HttpRefusal(
      403,
      `The request came from another page (${site === undefined ? 'header Origin' : `header Sec-Fetch-Site: ${site}`}): use the page of the dashboard itself. ` +
        'A proxy in front has to leave the header Host as it is.',
    );
  }
}

const hostIn = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined;

/** @returns the host and port that the request names; with HTTP/2 the header has another name. */
const hostOf = (headers: IncomingMessage['headers']): string | undefined =>
  (headers.host ?? headers[':authority']?.toString())?.toLowerCase();
