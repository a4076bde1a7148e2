import type { Socket } from 'node:net';
import type { Redis } from 'ioredis';
import { serverName } from './server-name.js';

/** What a connection was told: where to, and as whom. */
export interface Target {
  /** Of the server, without the user and the password. */
  readonly name: string;
  readonly user: string | undefined;
  readonly hasPassword: boolean;
  readonly isTls: boolean;
  /** What the Sentinels call the primary, where these are asked for it. */
  readonly primary: string | undefined;
  /** Whether it has served us before: what is away then is no mistake. */
  readonly hasServed: boolean;
}

/** Where in the server a connection was told to work, and as whom. */
export interface Placement {
  readonly database: number;
  /** `undefined` where it was not told. */
  readonly user: string | undefined;
}

/** Where a server listens. */
export type Place = { readonly path: string } | { readonly host: string; readonly port: number };

/** Where one connection leads: to one server, or to the primary that Sentinels name. */
export class Destination {
  /** Out of what `util.inspect` shows: it knows the password. */
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Names the server in a log: the one at the other end, where Sentinels have named it. */
  get address(): string {
    const { path, host, port } = this.#redis.options;
    return path || (this.primaryAddress ?? `${host}:${port}`);
  }

  get placement(): Placement {
    const { db, username } = this.#redis.options;
    return { database: db ?? 0, user: username || undefined };
  }

  /** `undefined` where only Sentinels know. */
  get place(): Place | undefined {
    const { path, host, port, sentinels } = this.#redis.options;
    if (sentinels) {
      return undefined;
    }
    return path ? { path } : { host: host ?? 'localhost', port: Number(port) };
  }

  target(hasServed: boolean): Target {
    const { options } = this.#redis;
    const { username, password, tls, sentinels, name } = options;
    const server = serverName(options);
    return {
      name: this.primaryAddress === undefined ? server : `${server} (${this.primaryAddress})`,
      user: username || undefined,
      hasPassword: Boolean(password),
      isTls: Boolean(tls),
      primary: sentinels ? (name ?? '') : undefined,
      hasServed,
    };
  }

  /** The server that the Sentinels have named, which can be told only while there is a connection. */
  private get primaryAddress(): string | undefined {
    const { stream, options } = this.#redis;
    const socket = stream as Socket | undefined; // none before it has ever connected
    return options.sentinels && socket?.remoteAddress
      ? `${socket.remoteAddress}:${socket.remotePort}`
      : undefined;
  }
}
