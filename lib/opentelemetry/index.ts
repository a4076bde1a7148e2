/**
 * Traces and metrics of OpenTelemetry. Needs `@opentelemetry/api`.
 *
 * @module nestjs-reqrep/opentelemetry
 */
export { openTelemetry } from './open-telemetry.js';
export type { OpenTelemetryOptions } from './open-telemetry-options.js';
