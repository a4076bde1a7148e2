import { Observable } from 'rxjs';
import type { CallEnd } from '../../../lib/client/calls/call-end.js';
import { PendingRequest, type RequestOwner } from '../../../lib/client/waiting/pending-request.js';
import type { PendingRequests } from '../../../lib/client/waiting/pending-requests.js';

/** A request that waits, and what became of it. */
export interface KeptRequest {
  readonly request: PendingRequest;
  /** What its subscriber saw: `['next', value]`, `['error', error]`, `['complete']`. */
  readonly seen: unknown[][];
  /** Its ends, of which there should be no more than one. */
  readonly ends: CallEnd[];
}

interface Parts {
  readonly queue?: string;
  /** ms; 0 = no limit. */
  readonly timeout?: number;
  readonly isOriginal?: boolean;
  readonly owner?: Partial<RequestOwner>;
}

/** Makes a request that has been sent. */
export function keptRequest(pending: PendingRequests, id: string, parts: Parts = {}): KeptRequest {
  const { queue = 'reports', timeout = 0, isOriginal = false, owner } = parts;
  const seen: unknown[][] = [];
  const ends: CallEnd[] = [];
  const made: PendingRequest[] = [];
  const keeping: RequestOwner = {
    refusalOf: () => undefined,
    timedOut: () => undefined,
    threw: () => undefined,
    ...owner,
    requestEnded: (request, end) => {
      ends.push(end);
      owner?.requestEnded?.(request, end);
    },
  };
  new Observable<unknown>((subscriber) => {
    const limits = { timeout, idleTimeout: 0, isInherited: false };
    made.push(new PendingRequest(id, queue, pending, keeping, subscriber, limits, isOriginal));
  }).subscribe({
    next: (value) => seen.push(['next', value]),
    error: (error: unknown) => seen.push(['error', error]),
    complete: () => seen.push(['complete']),
  });
  const [request] = made as [PendingRequest];
  return { request, seen, ends };
}
