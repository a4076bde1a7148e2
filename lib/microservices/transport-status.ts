/**
 * The state of a server or a client, as Nest's Redis transport names it: `connected`, `reconnecting` after a lost connection, and
 * `disconnected` when it is closed.
 */
export type ReqRepTransportStatus = 'connected' | 'reconnecting' | 'disconnected';
