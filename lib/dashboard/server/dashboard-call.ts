import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request to a dashboard, of whatever server. */
export interface DashboardCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The URL as it came to the server, from its path on. */
  readonly url: string;
  /** What follows the path of the dashboard and its slash: '' for the page. `undefined` where that slash is missing. */
  readonly path: string | undefined;
  /** The body, where something has read it before. */
  readonly body?: unknown;
}

/** @returns the names and values behind the `?` of a URL. */
export const queryOf = ({ url }: DashboardCall): URLSearchParams =>
  new URLSearchParams(url.split('?').slice(1).join('?'));

/** @returns the path of a URL, as it was sent. */
export const pathOf = (url: string): string => url.split(/[?#]/, 1)[0] ?? '';
