import type { IntakeOwner } from '../taking/intake.js';

/** What a lane needs of its worker. */
export type LaneOwner = Pick<IntakeOwner, 'startJob' | 'jobNotStarted' | 'runningPlaces'>;

/** What a lane needs of the lease of its worker. */
export interface LaneLease {
  /** Announces the current connections of the worker to other workers. */
  renew(): Promise<void>;
  /** Whether other workers know the current connections of the worker. */
  isUpToDate(): boolean;
}
