/**
 * The state of the connections to Redis:
 *
 * - `idle`: nothing was asked of Redis yet, so that no connection was opened
 * - `connecting`: the first connection is being made
 * - `ready`: Redis can be used
 * - `reconnecting`: a connection was lost, and the library makes a new one
 * - `closed`: the connections were closed for good
 */
export type ConnectionState = 'idle' | 'connecting' | 'ready' | 'reconnecting' | 'closed';
