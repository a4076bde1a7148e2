/**
 * The reason why a job is among the dead letters of its queue:
 *
 * - `unreadable`: the text in the queue is no job
 * - `out of deliveries`: the job was started `maxDeliveries` times, and no worker is known to have finished it
 * - `broken stream`: the worker was lost after the job had sent values, which a second delivery would send again
 * - `failed`: its handler threw, and nobody hears of the error (the option `deadLetterFailures`)
 */
export type DeadReason = 'unreadable' | 'out of deliveries' | 'broken stream' | 'failed';
