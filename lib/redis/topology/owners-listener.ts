import type { NodeAddress } from './cluster-config.js';

/** Hears why a node may not own slots any more. */
export interface OwnersListener {
  /** A node has refused a slot. */
  refused(slot: number, by: NodeAddress): void;
  /** The Cluster has named owners, which may be others than before. */
  named(): void;
}
