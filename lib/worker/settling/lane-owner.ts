import type { IntakeOwner } from '../taking/intake.js';

/** The part of the worker that a lane uses. */
export type LaneOwner = Pick<IntakeOwner, 'startJob' | 'jobNotStarted' | 'runningPlaces'>;

/** The part of the worker's lease that a lane uses. */
export interface LaneLease {
  /** Announces the current connections of the worker to other workers. */
  renew(): Promise<void>;
  /** Whether other workers know the current connections of the worker. */
  isUpToDate(): boolean;
}
