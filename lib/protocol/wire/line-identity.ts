/** The identity of a connection on its server. */
export interface LineIdentity {
  readonly id: number;
  /** Address and port of the client, as the server sees them; the same for all clients on a Unix socket. */
  readonly address: string;
  /** The `run_id` of the server, new after each start, when it also counts ids from 1 again. `undefined` where it is not shown. */
  readonly server: string | undefined;
  /** A unique name, set where the server does not show its `run_id`. */
  readonly name?: string | undefined;
}

/**
 * Reads one line of `CLIENT LIST` or `CLIENT INFO`.
 * @param server - the `run_id` of that server.
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
 * Whether a connection that the server shows may be the described one. A process of an earlier version describes neither
 * its server nor a name: such a match is no proof.
 */
export const mayBeSameLine = (shown: LineIdentity, described: LineIdentity): boolean =>
  shown.id === described.id &&
  shown.address === described.address &&
  (described.name === undefined || described.name === shown.name) &&
  (described.server === undefined ||
    shown.server === undefined ||
    described.server === shown.server);

/** @returns the identity for the hash of a worker: `id@address`, or `id@address@name`. */
export const encodeIdentity = ({ id, address, name }: LineIdentity): string =>
  [id, address, ...(name === undefined ? [] : [name])].join('@');

/** Matches an encoded identity. An address may contain an `@`, such as the path of a Unix socket. */
const IDENTITY = /^([1-9]\d{0,14})@(\S+?)(?:@(nestjs-reqrep:[^@]*))?$/;

/** Maximum number of connections that are read for one worker, since any process may have written them. */
export const MAX_WORKER_CONNECTIONS = 8;

/** @param text - results of {@link encodeIdentity}, separated by spaces. Unreadable ones are left out. */
export function decodeIdentities(text: string, server: string | undefined): LineIdentity[] {
  return text.split(' ', MAX_WORKER_CONNECTIONS).flatMap((identity) => {
    const [, id, address = '', name] = IDENTITY.exec(identity) ?? [];
    return id === undefined ? [] : [{ id: Number(id), address, server, name }];
  });
}
