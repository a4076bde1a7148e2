import { connect } from 'node:net';

/** How long a server may take to say why it takes no connection, ms. */
const PATIENCE_MS = 500;

/**
 * Asks for the reason of a server that closes each new connection at once (`maxclients`). It writes one and closes; what
 * ioredis sends meanwhile fails before that is read.
 * @returns the server's own words; `undefined` where it has none.
 */
export function lastWordsOf(
  place: { readonly path: string } | { readonly host: string; readonly port: number },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...place, timeout: PATIENCE_MS });
    const end = (words?: string): void => {
      socket.destroy();
      resolve(words);
    };
    socket.unref();
    socket.once('data', (data) => end(/^-(.+)/.exec(data.toString())?.[1]));
    socket.once('timeout', () => end());
    socket.once('error', () => end());
    socket.once('close', () => end());
  });
}
