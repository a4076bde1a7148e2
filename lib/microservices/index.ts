/**
 * A transport for `@nestjs/microservices`: `@MessagePattern`, `@EventPattern` and `ClientProxy` over the queues of the library.
 *
 * @module nestjs-reqrep/microservices
 */
export type { ReqRepClientOptions } from './client-options.js';
export type { ReqRepClientEvents, ReqRepServerEvents } from './events.js';
export { ExposeErrorsFilter } from './expose-errors.filter.js';
export type { ReqRepHandlerExtras } from './handler-extras.js';
export type { ReqRepRecordOptions } from './record-options.js';
export { ReqRepClient } from './reqrep-client.js';
export { ReqRepContext } from './reqrep-context.js';
export { ReqRepRecord, ReqRepRecordBuilder } from './reqrep-record.js';
export { ReqRepServer } from './reqrep-server.js';
export type { ReqRepServerOptions } from './server-options.js';
export { ReqRepServersModule } from './servers.module.js';
export { REQREP_TRANSPORT } from './transport-id.js';
export type { ReqRepTransportStatus } from './transport-status.js';
