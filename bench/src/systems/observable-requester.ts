import type { Observable } from 'rxjs';
import { NUMBERS, type Payload, type Requester } from './system.js';

/** A client whose requests are Observables. */
interface ObservableClient {
  send<Reply>(queue: string, data: unknown): Observable<Reply>;
}

/** Asks with a client whose requests are Observables. */
export const requesterOf = (client: ObservableClient, close: () => Promise<void>): Requester => ({
  ask: (queue, data, onEnd) => {
    let reply: Payload | undefined;
    client.send<Payload>(queue, data).subscribe({
      next: (value) => (reply = value),
      error: onEnd,
      complete: () => onEnd(undefined, reply),
    });
  },
  stream: (count, onValue, onEnd) => {
    client
      .send<number>(NUMBERS, count)
      .subscribe({ next: onValue, error: onEnd, complete: () => onEnd(undefined) });
  },
  close,
});
