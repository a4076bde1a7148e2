import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { LettersPage, QueueLook } from '../../dashboard-api.js';
import { api } from '../api.js';
import { amount, countText } from '../format/numbers.js';
import { Name } from '../parts/name.js';
import { useNotice } from '../parts/notices.js';
import { Pager } from '../parts/pager.js';
import { linkToQueue } from '../route.js';
import { DeadLetter } from './dead-letter.js';
import { LetterActions } from './letter-actions.js';

/** Letters on one page. */
const PAGE_SIZE = 100;

interface DeadLettersPageProps {
  readonly queue: string;
  readonly look: QueueLook | undefined;
}

/** The dead letters of a queue, the newest first. They stay as they are until somebody asks for the new ones. */
export function DeadLettersPage({ queue, look }: DeadLettersPageProps) {
  const [skip, setSkip] = useState(0);
  const [page, setPage] = useState<LettersPage>();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const notice = useNotice();
  const lastRead = useRef(0);
  const read = useCallback(async (): Promise<void> => {
    const own = ++lastRead.current;
    try {
      const found = await api.letters(queue, skip, PAGE_SIZE);
      if (own !== lastRead.current) {
        return;
      }
      if (found.letters.length === 0 && skip > 0) {
        // The last page is gone with its letters.
        setSkip(Math.min(skip, lastPageOf(found.count) + PAGE_SIZE) - PAGE_SIZE);
      } else {
        setPage(found);
      }
    } catch (error) {
      notice.failed(error);
    }
  }, [queue, skip, notice]);
  useEffect(() => {
    setChosen(new Set());
    void read();
  }, [read]);
  // Reads again where the first answer was an error.
  const lookAt = page === undefined ? look?.at : undefined;
  useEffect(() => {
    if (lookAt !== undefined) {
      void read();
    }
  }, [read, lookAt]);
  const readAgain = async (): Promise<void> => {
    setChosen(new Set());
    await read();
  };
  return (
    <>
      <p class="back">
        <a href={linkToQueue(queue)}>
          Queue <Name text={queue} />
        </a>
      </p>
      <div class="heading">
        <h1>Dead letters</h1>
        <p class="quiet">
          {page === undefined
            ? 'Looking …'
            : `${amount(page.count, 'job')} that no worker runs any more.`}
        </p>
      </div>
      {page && (
        <Letters
          queue={queue}
          page={page}
          now={look?.queue.dead ?? page.count}
          chosen={chosen}
          onChoose={setChosen}
          onRead={read}
          onDone={readAgain}
        />
      )}
      {page && <Pager skip={skip} limit={PAGE_SIZE} count={page.count} onSkip={setSkip} />}
    </>
  );
}

/** @returns how many letters are in front of the last page. */
const lastPageOf = (count: number): number =>
  Math.max(0, Math.ceil(count / PAGE_SIZE) - 1) * PAGE_SIZE;

interface LettersProps {
  readonly queue: string;
  readonly page: LettersPage;
  /** Number of letters that there are now. */
  readonly now: number;
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
  readonly onRead: () => Promise<void>;
  readonly onDone: () => Promise<void>;
}

function Letters({ queue, page, now, chosen, onChoose, onRead, onDone }: LettersProps) {
  const { at, count, letters } = page;
  const choose = (id: string, isChosen: boolean): void =>
    onChoose(new Set(isChosen ? [...chosen, id] : [...chosen].filter((each) => each !== id)));
  const areAllChosen = letters.length > 0 && letters.every(({ id }) => chosen.has(id));
  return (
    <>
      {count === 0 ? (
        <p class="empty">No dead letters.</p>
      ) : (
        <div class="bar">
          <label>
            <input
              type="checkbox"
              checked={areAllChosen}
              onChange={() =>
                onChoose(areAllChosen ? new Set() : new Set(letters.map(({ id }) => id)))
              }
            />
            All of this page
          </label>
          <LetterActions queue={queue} chosen={[...chosen]} count={count} onDone={onDone} />
        </div>
      )}
      <div role="status">
        {now !== count && (
          <p class="news">
            There are {countText(now)} now.{' '}
            <button type="button" class="link" onClick={() => void onRead()}>
              Show them
            </button>
          </p>
        )}
      </div>
      <ul class="entries">
        {letters.map((letter) => (
          <DeadLetter
            key={letter.id}
            queue={queue}
            letter={letter}
            at={at}
            isChosen={chosen.has(letter.id)}
            onChoose={(isChosen) => choose(letter.id, isChosen)}
            onDone={onDone}
          />
        ))}
      </ul>
    </>
  );
}
