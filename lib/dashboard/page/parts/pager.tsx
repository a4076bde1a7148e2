import { countText } from '../format/numbers.js';

interface PagerProps {
  readonly skip: number;
  readonly limit: number;
  /** Number of all entries. */
  readonly count: number;
  readonly onSkip: (skip: number) => void;
}

/** Leads through a long list; nothing for a short one. Its buttons keep the focus where there is nothing further. */
export function Pager({ skip, limit, count, onSkip }: PagerProps) {
  if (count <= limit && skip === 0) {
    return null;
  }
  const last = Math.min(skip + limit, count);
  const isFirst = skip === 0;
  const isLast = last >= count;
  return (
    <nav class="pager" aria-label="Pages">
      <button
        type="button"
        class="button"
        aria-disabled={isFirst}
        onClick={() => !isFirst && onSkip(Math.max(0, skip - limit))}
      >
        Previous
      </button>
      <span>
        {countText(Math.min(skip + 1, count))} to {countText(last)} of {countText(count)}
      </span>
      <button
        type="button"
        class="button"
        aria-disabled={isLast}
        onClick={() => !isLast && onSkip(skip + limit)}
      >
        Next
      </button>
    </nav>
  );
}
