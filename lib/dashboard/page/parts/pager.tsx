import { countText } from '../format/numbers.js';

interface PagerProps {
  readonly skip: number;
  readonly limit: number;
  /** Number of all entries. */
  readonly count: number;
  readonly onSkip: (skip: number) => void;
}

/** Leads through a long list; nothing for a short one. */
export function Pager({ skip, limit, count, onSkip }: PagerProps) {
  if (count <= limit && skip === 0) {
    return null;
  }
  const last = Math.min(skip + limit, count);
  return (
    <nav class="pager" aria-label="Pages">
      <button
        type="button"
        class="button"
        disabled={skip === 0}
        onClick={() => onSkip(Math.max(0, skip - limit))}
      >
        Previous
      </button>
      <span>
        {countText(Math.min(skip + 1, count))} to {countText(last)} of {countText(count)}
      </span>
      <button
        type="button"
        class="button"
        disabled={last >= count}
        onClick={() => onSkip(skip + limit)}
      >
        Next
      </button>
    </nav>
  );
}
