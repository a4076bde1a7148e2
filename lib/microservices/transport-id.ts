/**
 * The transport id of `ReqRepServer`, for handlers that are for it alone where an application has several transports.
 *
 * @example
 * ```ts
 * @MessagePattern('sum', REQREP_TRANSPORT)
 * ```
 */
export const REQREP_TRANSPORT: unique symbol = Symbol.for('nestjs-reqrep:transport');
