import { useEffect, useRef, useState } from 'preact/hooks';
import type { LookTrouble, QueueLook, QueuesLook, WorkersLook } from '../../dashboard-api.js';
import { api } from '../api.js';
import { History } from './history.js';
import { useIsSeen } from './use-is-seen.js';

/** What the server has told last. */
export interface Looks {
  readonly queues: QueuesLook | undefined;
  readonly queue: QueueLook | undefined;
  readonly workers: WorkersLook | undefined;
  readonly history: History;
  /** Why there is nothing new, in words. */
  readonly trouble: string | undefined;
}

/** Why there is nothing new from the stream, or about one of its looks. */
type Troubles = Readonly<Partial<Record<'stream' | LookTrouble['look'], string | undefined>>>;

/** A browser gives up a stream that was answered with an error, such as one of a proxy that waits for the application, ms. */
const RETRY_MS = 3_000;

/** The server tells something every 15 seconds at least. A stream that is silent for longer is dead, such as behind a network that is gone, ms. */
const SILENCE_MS = 40_000;

/**
 * Listens to the looks of the server.
 * @param query - `queue=NAME` or `workers`, which add looks of their own; else empty.
 */
export function useLooks(query: string): Looks {
  const history = useRef(new History());
  const [queues, setQueues] = useState<QueuesLook>();
  const [queue, setQueue] = useState<QueueLook>();
  const [workers, setWorkers] = useState<WorkersLook>();
  const [troubles, setTroubles] = useState<Troubles>({});
  const [tries, setTries] = useState(0);
  const isSeen = useIsSeen();

  useEffect(() => {
    if (!isSeen) {
      return undefined;
    }
    // What another page asks is no trouble of this one.
    setTroubles((known) => ({ stream: known.stream, queues: known.queues }));
    let timer: number | undefined;
    let failures = 0;
    const source = new EventSource(`api/events?${query}`);
    const note = (more: Troubles): void => setTroubles((known) => ({ ...known, ...more }));
    const tryAgainIn = (ms: number, trouble: Troubles = {}): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        note(trouble);
        setTries((count) => count + 1);
      }, ms);
    };
    const watch = (): void =>
      tryAgainIn(SILENCE_MS, { stream: 'The server of this page says nothing.' });
    const on = <Data>(name: string, take: (data: Data) => void): void =>
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        failures = 0;
        watch();
        take(JSON.parse(data) as Data);
      });
    on<QueuesLook>('queues', (look) => {
      history.current.add(look);
      setQueues(look);
      note({ stream: undefined, queues: undefined });
    });
    on<QueueLook>('queue', (look) => {
      setQueue(look);
      note({ stream: undefined, queue: undefined });
    });
    on<WorkersLook>('workers', (look) => {
      setWorkers(look);
      note({ stream: undefined, workers: undefined });
    });
    on<LookTrouble>('trouble', ({ look, message }) => note({ stream: undefined, [look]: message }));
    source.addEventListener('error', () => {
      failures += 1;
      if (source.readyState === EventSource.CLOSED) {
        tryAgainIn(RETRY_MS);
        void api.whyNoEvents(query).then((stream) => note({ stream }));
      } else if (failures > 1) {
        // The first time is the end of a stream, as the server ends each now and then: the browser connects again.
        note({ stream: 'The server of this page does not answer.' });
      }
    });
    watch();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [query, isSeen, tries]);

  const trouble = Object.values(troubles).find((text) => text !== undefined);
  return { queues, queue, workers, history: history.current, trouble };
}
