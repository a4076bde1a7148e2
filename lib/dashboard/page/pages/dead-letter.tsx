import type { LetterView } from '../../dashboard-api.js';
import { api } from '../api.js';
import { clockText, durationText } from '../format/times.js';
import { visibleText } from '../format/visible-text.js';
import { DataView } from '../parts/data-view.js';
import { HeadersView } from '../parts/headers-view.js';
import { LetterActions } from './letter-actions.js';

interface DeadLetterProps {
  readonly queue: string;
  readonly letter: LetterView;
  readonly at: number;
  readonly isChosen: boolean;
  readonly onChoose: (isChosen: boolean) => void;
  readonly onDone: () => Promise<void>;
}

/** A dead letter: a line, and its error and data where somebody opens it. */
export function DeadLetter({ queue, letter, at, isChosen, onChoose, onDone }: DeadLetterProps) {
  const { id, jobId, reason, message, error, attempts, worker, headers, data } = letter;
  const job = jobId === undefined ? 'unreadable' : visibleText(String(jobId));
  return (
    <li class="letter">
      <input
        type="checkbox"
        aria-label={`Choose the letter of job ${job}`}
        checked={isChosen}
        onChange={({ currentTarget }) => onChoose(currentTarget.checked)}
      />
      <details>
        <summary>
          <span class="tag bad">{reason}</span>
          <bdi class="message">{visibleText(message)}</bdi>
          <time class="quiet" title={clockText(letter.at)}>
            {durationText(at - letter.at)} ago
          </time>
        </summary>
        <dl class="facts">
          <div>
            <dt>Job</dt>
            <dd class="id">
              <bdi>{job}</bdi>
            </dd>
          </div>
          <div>
            <dt>Since</dt>
            <dd>{clockText(letter.at)}</dd>
          </div>
          <div>
            <dt>Attempts</dt>
            <dd>{attempts ?? 'unknown'}</dd>
          </div>
          <div>
            <dt>Worker</dt>
            <dd class="id">
              <bdi>{visibleText(worker)}</bdi>
            </dd>
          </div>
        </dl>
        {error !== undefined && (
          <pre class="stack" tabIndex={0} dir="ltr" aria-label="Error">
            {visibleText(errorText(error))}
          </pre>
        )}
        <HeadersView headers={headers} />
        <DataView view={data} load={async () => (await api.letter(queue, id)).data} />
        <LetterActions queue={queue} chosen={[id]} onDone={onDone} />
      </details>
    </li>
  );
}

/** The stack of an error where there is one, which begins with its name and message. */
function errorText(error: NonNullable<LetterView['error']>): string {
  const { name, message, stack } = error;
  return stack ?? `${name}: ${message}`;
}
