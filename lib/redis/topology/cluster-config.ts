import type { Cluster, ClusterOptions, NatMap, RedisOptions } from 'ioredis';
import { InvalidOptionError } from '../../errors/index.js';
import { describeValue, isRecord, kindOf } from '../../errors/value-text.js';
import type { ConnectionOption } from './connection-option.js';
import { checkNodeOptions, isConnection, isUrl } from './connection-source.js';

/** Address of a node of a Cluster. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** A Redis Cluster, as the options name it. */
export interface ClusterConfig {
  /** Name without the user and the password: `redis+cluster://one:6379,two:6379`. */
  readonly name: string;
  /** The nodes that the options name. */
  readonly nodes: readonly NodeAddress[];
  /** Options for the connection to each node, but for its address. May hold a password. */
  readonly nodeOptions: RedisOptions;
  readonly natMap: NatMap | undefined;
}

const DEFAULT_PORT = 6_379;

/** Matches `redis+cluster://user:password@first:6379,second:6379/`; the groups are the TLS `s`, the user and password, and the nodes. */
const CLUSTER_URL = /^redis(s?)\+cluster:\/\/(?:([^@/?#]*)@)?([^@/?#]+)\/?$/;

/** Options of a Cluster that decide where to connect, in a way that the library does not support. */
const UNSUPPORTED = ['useSRVRecords'] as const;

/**
 * @returns the Cluster that a connection option names; `undefined` if it names no Cluster.
 * @throws InvalidOptionError for a Cluster that cannot be connected to. The message shows nothing that may be a password.
 */
export function clusterConfigOf(
  connection: ConnectionOption | undefined,
): ClusterConfig | undefined {
  const text = isUrl(connection) ? connection.href : connection;
  if (typeof text === 'string') {
    return /^rediss?\+cluster:/i.test(text) ? fromUrl(text) : undefined;
  }
  if (isConnection(text)) {
    return text.isCluster ? fromCluster(text as Cluster) : undefined;
  }
  if (!isRecord(text) || !('nodes' in text)) {
    return undefined;
  }
  const { nodes, ...options } = text;
  return configOf(nodes, options as ClusterOptions);
}

function fromUrl(url: string): ClusterConfig {
  const [, tls, access = '', hosts = ''] = CLUSTER_URL.exec(url) ?? [];
  const [, username, password] = (/^([^:]*):?(.*)$/s.exec(access) ?? []).map(decoded);
  if (tls === undefined || username === null || password === null) {
    throw invalid(
      'connection',
      'a URL such as redis+cluster://user:password@one:6379,two:6379, without a database, a `?` or a `#`',
      'another URL of a Cluster (percent-encode `/?#@:%` in the user and the password)',
    );
  }
  const redisOptions: RedisOptions = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(tls === 's' ? { tls: {} } : {}),
  };
  return configOf(hosts.split(','), { redisOptions });
}

/** @returns a percent-encoded text decoded; `null` if it is not encoded. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Reads the private `startupNodes`: a Cluster tells the nodes that it knows only while it is connected. */
function fromCluster(cluster: Cluster): ClusterConfig {
  return configOf(Reflect.get(cluster, 'startupNodes'), cluster.options);
}

function configOf(given: unknown, options: ClusterOptions): ClusterConfig {
  if (!Array.isArray(given) || given.length === 0) {
    throw invalid('nodes of the connection', 'an array of addresses of nodes', kindOf(given));
  }
  const unsupported = UNSUPPORTED.find((name) => options[name]);
  if (unsupported !== undefined) {
    throw invalid(
      `${unsupported} of the connection`,
      'left out: name the nodes in `nodes`',
      describeValue(options[unsupported]),
    );
  }
  const { redisOptions = {}, natMap } = options;
  const nodeOptions: RedisOptions = { ...accessIn(given[0]), ...redisOptions };
  checkNodeOptions(nodeOptions);
  const nodes = given.map(addressOf);
  const scheme = nodeOptions.tls ? 'rediss' : 'redis';
  const name = `${scheme}+cluster://${nodes.map(textOf).join(',')}`;
  return { name, nodes, nodeOptions, natMap };
}

/** @returns the user, password and TLS of a node that is given by a URL or as options: ioredis takes them from there, too. */
function accessIn(node: unknown): RedisOptions {
  const url = urlOf(node);
  if (url) {
    return {
      ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
      ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
      ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
    };
  }
  if (!isRecord(node)) {
    return {};
  }
  const { host: _host, port: _port, ...options } = node;
  return options;
}

/** Reads the address of a node in each form of ioredis: a port, `host:port`, a URL, or an object. */
function addressOf(node: unknown): NodeAddress {
  const parts = isRecord(node) ? node : partsOf(node);
  const { host = '127.0.0.1', port = DEFAULT_PORT } = parts;
  const number = Number(port);
  const isAddress =
    typeof host === 'string' &&
    /^[^/@?\s]+$/.test(host) &&
    Number.isInteger(number) &&
    number > 0 &&
    number <= 65_535;
  if (!isAddress) {
    throw invalid(
      'a node of the connection',
      'an address such as `{ host, port }` or `host:port`',
      kindOf(node),
    );
  }
  return { host, port: number };
}

function partsOf(node: unknown): { host?: unknown; port?: unknown } {
  if (typeof node === 'number') {
    return { port: node };
  }
  if (typeof node !== 'string') {
    return { host: node };
  }
  const url = urlOf(node);
  if (url) {
    return { host: withoutBrackets(url.hostname), ...(url.port ? { port: url.port } : {}) };
  }
  if (/^\d+$/.test(node)) {
    return { port: node };
  }
  const [, host = node, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(node) ?? [];
  return { host: withoutBrackets(host), ...(port === undefined ? {} : { port }) };
}

const urlOf = (node: unknown): URL | undefined => {
  const hasScheme = typeof node === 'string' && /^rediss?:\/\//i.test(node);
  return hasScheme && URL.canParse(node) ? new URL(node) : undefined;
};

const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

/** Writes an address as in a URL, with an IPv6 address in brackets. */
export const textOf = ({ host, port }: NodeAddress): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

const invalid = (option: string, expected: string, received: string): InvalidOptionError =>
  new InvalidOptionError(option, expected, received);
