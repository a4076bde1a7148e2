import { connect } from 'node:net';
import { connect as connectByTls } from 'node:tls';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import { textOf, type NodeAddress } from './cluster-config.js';
import type { ConnectionSource } from './connection-source.js';
import { tlsFor } from './server-name-indication.js';
import type { SlotOwners } from './slot-owners.js';

/** Wait before an attempt to reconnect, ms. Shorter than for a single server: a new owner is ready as soon as it is known. */
const reconnectDelay = (attempt: number): number => Math.min(50 * attempt, 500);

/** What ioredis connects through. */
type Connector = NonNullable<RedisOptions['Connector']>;

type Connection = Awaited<ReturnType<InstanceType<Connector>['connect']>>;

/** A slot of a Cluster, whose owner a connection leads to. */
export interface ClusterSlot {
  readonly owners: SlotOwners;
  readonly slot: number;
  /** A key of the slot, with which a node is asked whether it owns the slot. */
  readonly key: string;
  /** The node that each connection, by its options, has connected to last. */
  readonly nodes: WeakMap<RedisOptions, NodeAddress>;
}

/** @returns the source of connections to the owner of a slot. */
export function sourceOfSlot(clusterSlot: ClusterSlot): ConnectionSource {
  const source = (overrides: RedisOptions): Redis =>
    new Redis({
      ...clusterSlot.owners.nodeOptions,
      ...overrides,
      retryStrategy: reconnectDelay,
      Connector: connectorTo(clusterSlot),
    });
  return Object.assign(source, { clusterSlot });
}

/**
 * Makes a connector of ioredis that connects to the owner of a slot: to the owner that is known, if it is another one than at the last
 * attempt, else to the owner that the Cluster names then.
 */
function connectorTo(clusterSlot: ClusterSlot): Connector {
  const { owners, slot, nodes } = clusterSlot;
  return class OwnerConnector extends AbstractConnector {
    private readonly options: RedisOptions;

    constructor(options: unknown) {
      const given = options as RedisOptions; // ioredis passes those of the connection
      super(given.disconnectTimeout ?? 0);
      this.options = given;
    }

    async connect(): Promise<Connection> {
      this.connecting = true;
      delete this.firstError; // of the attempt before
      const known = owners.lastKnown(slot);
      const isOther = known !== undefined && !isSame(known, nodes.get(this.options));
      const owner = isOther ? known : await owners.ask(slot);
      if (!this.connecting) {
        throw new Error('Connection is closed.'); // as ioredis words it
      }
      nodes.set(this.options, owner);
      const { family, tls } = this.options;
      const address = { ...owner, ...(family === undefined ? {} : { family }) };
      this.stream = tls
        ? connectByTls({ ...tlsFor(tls, owner.host), ...address })
        : connect(address);
      // TLS may emit a second error, which would end the process if nobody listened.
      this.stream.on('error', (error) => {
        this.firstError ??= error;
      });
      return this.stream;
    }
  };
}

const isSame = (node: NodeAddress, other: NodeAddress | undefined): boolean =>
  other !== undefined && textOf(node) === textOf(other);
