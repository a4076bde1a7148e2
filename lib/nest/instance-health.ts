import type { EngineHealth } from '../core/engine-health.js';
import type { ReplyWorkers } from '../worker/reply-workers.js';

/** What the health of one instance of `ReqRepModule` depends on. */
export interface InstanceHealth {
  readonly servers: EngineHealth;
  readonly workers: Pick<ReplyWorkers, 'status'>;
  /** Options of the instance. */
  readonly options: { readonly lease: number; readonly workers: boolean | 'manual' };
}
