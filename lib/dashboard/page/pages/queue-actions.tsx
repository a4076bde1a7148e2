import type { QueueSnapshot } from '../../../admin/queue-snapshot.js';
import { api } from '../api.js';
import { amount } from '../format/numbers.js';
import { ActionButton } from '../parts/action-button.js';
import { useCanWrite } from '../parts/settings.js';

/** What can be done with a whole queue. */
export function QueueActions({
  queue: { queue, isPaused, waiting },
}: {
  readonly queue: QueueSnapshot;
}) {
  if (!useCanWrite()) {
    return null;
  }
  const pause = async (): Promise<string> => {
    const { workers, olderWorkers } = await api.pause({ queue });
    const heard = `Paused for ${amount(workers.length, 'worker')}.`;
    const older = `${amount(olderWorkers.length, 'worker')} of an earlier version of the library do not hear of it.`;
    return olderWorkers.length === 0 ? heard : `${heard} ${older}`;
  };
  const resume = async (): Promise<string> => {
    await api.resume({ queue });
    return 'Workers take jobs again.';
  };
  const purge = async (): Promise<string> => {
    const { count } = await api.purge({ queue });
    return `Removed ${amount(count, 'waiting job')}.`;
  };
  return (
    <div class="buttons">
      <ActionButton act={isPaused ? resume : pause}>{isPaused ? 'Resume' : 'Pause'}</ActionButton>
      <ActionButton
        isDangerous
        isDisabled={waiting === 0}
        question={`Remove all ${amount(waiting, 'waiting job')} of this queue? Their callers get an error at once. This cannot be undone.`}
        answer="Remove all"
        act={purge}
      >
        Remove all waiting
      </ActionButton>
    </div>
  );
}
