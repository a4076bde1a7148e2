import type { SendOptions } from '../client/calls/call-options.js';

/**
 * Options of one message of `ReqRepClient`: those of `RequestClient`, which `ReqRepRecordBuilder.setOptions` takes. `idleTimeout` and `signal`
 * are for `send` only.
 */
export type ReqRepRecordOptions = Omit<SendOptions, 'headers' | 'protocol'>;
