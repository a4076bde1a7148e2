import { explainRefusal } from '../driver/refusal.js';
import type { Log } from '../telemetry/log.js';

/** Warns once that a server refuses transactions, so that long replies and jobs pass through scripts. */
export function warnOfRefusedTransactions(address: string, refusal: Error, log: Log): void {
  log.once(
    `transactions refused: ${address}`,
    'warn',
    `Redis at ${address} refuses transactions with scripts (${explainRefusal(refusal)}). ` +
      'Scripts alone settle jobs with long replies, which takes Redis some 2 ms more for each MB.',
  );
}
