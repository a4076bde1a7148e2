/** How a server knows a connection. */
export interface LineIdentity {
  readonly id: number;
  /** Address and port of our end, as the server sees them; the same for all clients on a Unix socket. */
  readonly address: string;
  /** The `run_id` of the server, a new one each time it starts: it counts its ids anew then. `undefined` where it does not tell. */
  readonly server: string | undefined;
  /** A name that no other connection has, given where the server does not tell its `run_id`. */
  readonly name?: string | undefined;
}

/**
 * Reads one line of `CLIENT LIST` or `CLIENT INFO`.
 * @param server - the `run_id` of the server that it is of.
 */
export function parseClientLine(
  line: string | undefined,
  server: string | undefined,
): LineIdentity | undefined {
  const id = /\bid=(\d+)/.exec(line ?? '')?.[1];
  const address = /\baddr=(\S+)/.exec(line ?? '')?.[1];
  const name = / name=(\S+)/.exec(line ?? '')?.[1];
  return id !== undefined && address !== undefined
    ? { id: Number(id), address, server, name }
    : undefined;
}

/**
 * Whether a connection that the server shows may be the one that is described. A process of an earlier version tells neither
 * its server nor a name: what is found so is not proven to be the one.
 */
export const mayBeSameLine = (shown: LineIdentity, described: LineIdentity): boolean =>
  shown.id === described.id &&
  shown.address === described.address &&
  (described.name === undefined || described.name === shown.name) &&
  (described.server === undefined ||
    shown.server === undefined ||
    described.server === shown.server);

/** @returns it as a hash in Redis holds it: `id@address`, or `id@address@name`. */
export const encodeIdentity = ({ id, address, name }: LineIdentity): string =>
  [id, address, ...(name === undefined ? [] : [name])].join('@');

/** An address may have an `@` in it, as the path of a socket has that belongs to one of several servers. */
const IDENTITY = /^([1-9]\d{0,14})@(\S+?)(?:@(nestjs-reqrep:[^@]*))?$/;

/** Connections that one worker is believed to have at most: anybody may have written what is read. */
export const MAX_WORKER_CONNECTIONS = 8;

/** @param text - what {@link encodeIdentity} wrote, with spaces between. What is none of it is left out. */
export function decodeIdentities(text: string, server: string | undefined): LineIdentity[] {
  return text.split(' ', MAX_WORKER_CONNECTIONS).flatMap((identity) => {
    const [, id, address = '', name] = IDENTITY.exec(identity) ?? [];
    return id === undefined ? [] : [{ id: Number(id), address, server, name }];
  });
}
