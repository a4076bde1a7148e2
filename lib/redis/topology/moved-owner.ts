import type { NodeAddress } from './cluster-config.js';

/** Matches the refusal of a node that does not own a slot; the groups are the host and the port of the owner. */
const MOVED = /^MOVED \d+ (.*):(\d+)$/;

/**
 * @param by - the node that has refused: no host, or `?`, means its own.
 * @returns the owner that a refusal names; `undefined` if it names none.
 */
export function ownerNamedBy({ message }: Error, by: NodeAddress): NodeAddress | undefined {
  const [, host, port] = MOVED.exec(message) ?? [];
  if (port === undefined) {
    return undefined;
  }
  return { host: host && host !== '?' ? host : by.host, port: Number(port) };
}
