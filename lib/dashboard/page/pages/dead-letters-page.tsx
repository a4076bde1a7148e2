import { useCallback, useEffect, useState } from 'preact/hooks';
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
  const read = useCallback(async (): Promise<void> => {
    try {
      setPage(await api.letters(queue, skip, PAGE_SIZE));
    } catch (error) {
      notice.failed(error);
    }
  }, [queue, skip, notice]);
  useEffect(() => {
    setChosen(new Set());
    void read();
  }, [read]);
  if (page === undefined) {
    return <p class="quiet">Looking …</p>;
  }
  const { at, count, letters } = page;
  const readAgain = async (): Promise<void> => {
    setChosen(new Set());
    if (skip > 0 && letters.length === chosen.size) {
      setSkip(0);
    } else {
      await read();
    }
  };
  const choose = (id: string, isChosen: boolean): void =>
    setChosen(new Set(isChosen ? [...chosen, id] : [...chosen].filter((each) => each !== id)));
  const areAllChosen = letters.length > 0 && letters.every(({ id }) => chosen.has(id));
  return (
    <>
      <p class="back">
        <a href={linkToQueue(queue)}>
          Queue <Name text={queue} />
        </a>
      </p>
      <div class="heading">
        <h1>Dead letters</h1>
        <p class="quiet">{amount(count, 'job')} that no worker runs any more.</p>
      </div>
      {count === 0 ? (
        <p class="empty">No dead letters.</p>
      ) : (
        <div class="bar">
          <label>
            <input
              type="checkbox"
              checked={areAllChosen}
              onChange={() =>
                setChosen(areAllChosen ? new Set() : new Set(letters.map(({ id }) => id)))
              }
            />
            All of this page
          </label>
          <LetterActions queue={queue} chosen={[...chosen]} count={count} onDone={readAgain} />
        </div>
      )}
      <div role="status">
        {look && look.queue.dead !== count && (
          <p class="news">
            There are {countText(look.queue.dead)} now.{' '}
            <button type="button" class="link" onClick={() => void read()}>
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
            onDone={readAgain}
          />
        ))}
      </ul>
      <Pager skip={skip} limit={PAGE_SIZE} count={count} onSkip={setSkip} />
    </>
  );
}
