import type { IntakeOwner } from '../taking/intake.js';

/** What becomes of the jobs that a lane brings. */
export type LaneOwner = Pick<IntakeOwner, 'startJob' | 'jobNotStarted' | 'runningPlaces'>;

/** What a lane needs of the lease of its worker. */
export interface LaneLease {
  /** Tells others of this worker and its connections. */
  renew(): Promise<void>;
  /** Whether others know that these are the connections of this worker. */
  isUpToDate(): boolean;
}
