/**
 * An indicator for the health checks of `@nestjs/terminus`.
 *
 * @module nestjs-reqrep/terminus
 */
export type { ReqRepHealthOptions, ReqRepQueueLimits } from './health-options.js';
export { ReqRepHealthIndicator } from './reqrep-health-indicator.js';
