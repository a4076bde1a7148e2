import type { Connection } from './connection/connection.js';
import { textOf, type NodeAddress } from './topology/cluster-config.js';
import type { ClusterSlot } from './topology/owner-connector.js';
import type { OwnersListener } from './topology/owners-listener.js';

/**
 * Lets the connections of a shard leave a node that does not own the slot any more, as soon as one connection of the process knows: a call
 * that blocks is refused only up to a second later, and a connection that only listens never.
 */
export class SlotMoves implements OwnersListener {
  constructor(
    private readonly clusterSlot: ClusterSlot,
    private readonly open: ReadonlySet<Connection>,
    /** The connection for commands, which does not block and so can ask. */
    private readonly commands: () => Connection | undefined,
  ) {}

  refused(slot: number, by: NodeAddress): void {
    const address = textOf(by);
    const commands = this.commands();
    if (slot === this.clusterSlot.slot) {
      for (const connection of this.open) {
        // The one for commands stays until all that it has sent is answered: it is refused, and so was not carried out.
        if (connection !== commands && connection.address === address) {
          connection.leave();
        }
      }
    }
    // A node that has lost one slot may have lost others.
    if (commands?.address === address) {
      commands.checkOwner();
    }
  }

  named(): void {
    const { owners, slot } = this.clusterSlot;
    const owner = owners.lastKnown(slot);
    const commands = this.commands();
    // The node that was asked may have an outdated view.
    if (owner && commands && commands.address !== textOf(owner)) {
      commands.checkOwner();
    }
  }
}
