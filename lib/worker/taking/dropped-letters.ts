import { counted } from '../../errors/counted.js';
import type { DeadLetterBounds } from '../../protocol/wire/dead-letter.js';
import type { Log } from '../../telemetry/log.js';

/** @returns the bounds among options. */
export const boundsOf = ({ maxDead, maxDeadBytes }: DeadLetterBounds): DeadLetterBounds => ({
  maxDead,
  maxDeadBytes,
});

/** Logs that the oldest dead letters of a queue were removed, because there were more than the bounds allow. */
export function reportDropped(
  log: Log,
  queue: string,
  { maxDead, maxDeadBytes }: DeadLetterBounds,
  dropped: number,
): void {
  if (dropped > 0) {
    log.repeated(
      `dead letters dropped: ${queue}`,
      'warn',
      `Queue "${queue}" has more dead letters than maxDead (${maxDead}) or maxDeadBytes (${maxDeadBytes}) allow: ` +
        `the oldest ${counted(dropped, 'letter')} removed for good; find out why jobs die, retry or remove letters, or raise the bound`,
    );
  }
}
