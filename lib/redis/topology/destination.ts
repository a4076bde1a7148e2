import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Redis } from 'ioredis';
import { textOf, type NodeAddress } from './cluster-config.js';
import type { ClusterSlot } from './owner-connector.js';
import { tlsFor } from './server-name-indication.js';
import { serverName } from './server-name.js';

/** Configured server and user of a connection. */
export interface Target {
  /** Name of the server, without the user and the password. */
  readonly name: string;
  readonly user: string | undefined;
  readonly hasPassword: boolean;
  readonly isTls: boolean;
  /** Name of the primary that the Sentinels are asked for; `undefined` without Sentinels. */
  readonly primary: string | undefined;
  /** Whether the server could be used before; then an unreachable server is not a wrong option. */
  readonly hasServed: boolean;
}

/** Configured database and user of a connection. */
export interface Placement {
  readonly database: number;
  /** `undefined` if none is configured. */
  readonly user: string | undefined;
}

/** Address that a server listens on. */
export type Place = { readonly path: string } | { readonly host: string; readonly port: number };

/** Destination of one connection: one server, the primary that Sentinels name, or the owner of a slot of a Cluster. */
export class Destination {
  /** Private, so that `util.inspect` does not show the password. */
  readonly #redis: Redis;

  /** @param clusterSlot - the slot whose owner it is; `undefined` for a server alone. */
  constructor(
    redis: Redis,
    readonly clusterSlot?: ClusterSlot,
  ) {
    this.#redis = redis;
  }

  /** Address of the server for logs; with Sentinels or a Cluster, that of the connected node. */
  get address(): string {
    const { path, host, port } = this.#redis.options;
    return path || (this.nodeAddress ?? this.clusterSlot?.owners.name ?? `${host}:${port}`);
  }

  get placement(): Placement {
    const { db, username } = this.#redis.options;
    return { database: db ?? 0, user: username || undefined };
  }

  /** `undefined` if only Sentinels or the Cluster know the address. */
  get place(): Place | undefined {
    const { path, host, port, sentinels } = this.#redis.options;
    if (this.clusterSlot) {
      return this.node;
    }
    if (sentinels) {
      return undefined;
    }
    return path ? { path } : { host: host ?? 'localhost', port: Number(port) };
  }

  /** Options of TLS, with the name of the server; `undefined` without TLS. */
  get tls(): ConnectionOptions | undefined {
    const { tls, host } = this.#redis.options;
    return tls ? tlsFor(tls, this.node?.host ?? host) : undefined;
  }

  target(hasServed: boolean): Target {
    const { options } = this.#redis;
    const { username, password, tls, sentinels, name } = options;
    const server = this.clusterSlot?.owners.name ?? serverName(options);
    return {
      name: this.nodeAddress === undefined ? server : `${server} (${this.nodeAddress})`,
      user: username || undefined,
      hasPassword: Boolean(password),
      isTls: Boolean(tls),
      primary: sentinels ? (name ?? '') : undefined,
      hasServed,
    };
  }

  /** Notes that the node does not own the slot, as it has said. */
  refused(error: Error): void {
    if (this.clusterSlot && this.node) {
      this.clusterSlot.owners.refused(this.clusterSlot.slot, this.node, error);
    }
  }

  /** The node of the Cluster that was connected to last; `undefined` before, and for a server alone. */
  private get node(): NodeAddress | undefined {
    return this.clusterSlot?.nodes.get(this.#redis.options);
  }

  /** Address of the node that Sentinels or the Cluster have named; `undefined` if none was named yet. */
  private get nodeAddress(): string | undefined {
    if (this.clusterSlot) {
      return this.node && textOf(this.node);
    }
    const { stream, options } = this.#redis;
    const socket = stream as Socket | undefined; // none before it has ever connected
    return options.sentinels && socket?.remoteAddress
      ? `${socket.remoteAddress}:${socket.remotePort}`
      : undefined;
  }
}
