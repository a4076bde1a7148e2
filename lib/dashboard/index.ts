/**
 * A page that shows the queues, for operators.
 *
 * @module nestjs-reqrep/dashboard
 */
export { ReqRepDashboardModule } from './module/dashboard.module.js';
export type { ReqRepDashboardOptions } from './module/dashboard-options.js';
