import { api } from '../api.js';
import { amount } from '../format/numbers.js';
import { ActionButton } from '../parts/action-button.js';
import { useCanWrite } from '../parts/settings.js';

interface LetterActionsProps {
  readonly queue: string;
  /** The ids of the letters that the user has chosen. */
  readonly chosen: readonly string[];
  /** Number of all letters; without it, there are no buttons for all. */
  readonly count?: number | undefined;
  readonly onDone: () => Promise<void>;
}

/** What can be done with dead letters: those that are chosen, or all. */
export function LetterActions({ queue, chosen, count, onDone }: LetterActionsProps) {
  if (!useCanWrite()) {
    return null;
  }
  const ids = chosen.length === 0 && count !== undefined ? 'all' : chosen;
  const which = amount(ids === 'all' ? (count ?? 0) : ids.length, 'letter');
  const retry = async (): Promise<string> => {
    const done = await api.retryLetters({ queue, ids });
    await onDone();
    return `${amount(done.count, 'job')} went back to the queue.`;
  };
  const remove = async (): Promise<string> => {
    const done = await api.removeLetters({ queue, ids });
    await onDone();
    return `Removed ${amount(done.count, 'dead letter')}.`;
  };
  const named = ids === 'all' ? 'all' : String(ids.length);
  return (
    <div class="buttons">
      <ActionButton
        question={
          ids === 'all'
            ? `Put all ${which} back into the queue? Each job runs again, without its caller.`
            : undefined
        }
        answer="Retry all"
        act={retry}
      >
        {count === undefined ? 'Retry' : `Retry ${named}`}
      </ActionButton>
      <ActionButton
        isDangerous
        question={`Remove ${ids === 'all' ? 'all ' : ''}${which} for good? This cannot be undone.`}
        answer={ids === 'all' ? 'Remove all' : 'Remove'}
        act={remove}
      >
        {count === undefined ? 'Remove' : `Remove ${named}`}
      </ActionButton>
    </div>
  );
}
