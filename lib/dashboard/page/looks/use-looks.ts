import { useEffect, useRef, useState } from 'preact/hooks';
import type { QueueLook, QueuesLook, Trouble, WorkersLook } from '../../dashboard-api.js';
import { History } from './history.js';

/** What the server has told last. */
export interface Looks {
  readonly queues: QueuesLook | undefined;
  readonly queue: QueueLook | undefined;
  readonly workers: WorkersLook | undefined;
  readonly history: History;
  /** Why there is nothing new, in words. */
  readonly trouble: string | undefined;
}

/** A browser gives up a stream that was answered with an error, such as one of a proxy that waits for the application, ms. */
const RETRY_MS = 3_000;

/** Closes the stream of a page that nobody sees, since a browser opens few connections to a host. */
const HIDDEN_MS = 30_000;

/**
 * Listens to the looks of the server.
 * @param query - `queue=NAME` or `workers`, which add looks of their own; else empty.
 */
export function useLooks(query: string): Looks {
  const history = useRef(new History());
  const [queues, setQueues] = useState<QueuesLook>();
  const [queue, setQueue] = useState<QueueLook>();
  const [workers, setWorkers] = useState<WorkersLook>();
  const [trouble, setTrouble] = useState<string>();
  const [tries, setTries] = useState(0);
  const isSeen = useIsSeen();

  useEffect(() => {
    if (!isSeen) {
      return undefined;
    }
    let timer: number | undefined;
    const source = new EventSource(`api/events?${query}`);
    const on = <Look>(name: string, take: (look: Look) => void): void =>
      source.addEventListener(name, ({ data }: MessageEvent<string>) =>
        take(JSON.parse(data) as Look),
      );
    on<QueuesLook>('queues', (look) => {
      history.current.add(look);
      setQueues(look);
      setTrouble(undefined);
    });
    on<QueueLook>('queue', setQueue);
    on<WorkersLook>('workers', setWorkers);
    on<Trouble>('trouble', ({ message }) => setTrouble(message));
    source.addEventListener('error', () => {
      setTrouble('The server of this page does not answer.');
      if (source.readyState === EventSource.CLOSED) {
        timer = setTimeout(() => setTries(tries + 1), RETRY_MS);
      }
    });
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [query, isSeen, tries]);

  return { queues, queue, workers, history: history.current, trouble };
}

/** Whether somebody sees the page, or did a moment ago. */
function useIsSeen(): boolean {
  const [isSeen, setIsSeen] = useState(true);
  useEffect(() => {
    let timer: number | undefined;
    const follow = (): void => {
      clearTimeout(timer);
      if (document.hidden) {
        timer = setTimeout(() => setIsSeen(false), HIDDEN_MS);
      } else {
        setIsSeen(true);
      }
    };
    document.addEventListener('visibilitychange', follow);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', follow);
    };
  }, []);
  return isSeen;
}
