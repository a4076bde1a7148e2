import type { Operation } from '../../driver/operation.js';
import { popFirst, waitForHead } from '../../protocol/operations/lists.js';
import { waitForJob } from '../../protocol/operations/wait-for-job.js';
import { textOf } from '../bytes.js';
import { elementAt, moveHeadTo, popHead } from '../lists.js';
import type { Store } from '../store.js';
import type { InputOf, OutputOf } from './carry-out.js';

/** Implementation of an operation that blocks its line until there is an element or it times out. */
export interface Wait<Input, Output> {
  /** Lists that it waits for. */
  lists(input: Input): readonly string[];
  /** Timeout; 0 = no limit. */
  seconds(input: Input): number;
  /** @returns the output; `undefined` if the list is empty. @throws ReplyError the refusal. */
  serve(store: Store, list: string, input: Input): Output | undefined;
  /** Output if it times out. */
  readonly timeoutOutput: Output;
}

/** A blocking operation and its implementation. */
type WaitEntry = readonly [operation: Operation<never, unknown>, wait: Wait<never, unknown>];

const waiting = <Op extends Operation<never, unknown>>(
  operation: Op,
  wait: Wait<InputOf<Op>, OutputOf<Op>>,
): WaitEntry => [operation, wait];

export const WAITS: readonly WaitEntry[] = [
  waiting(waitForJob, {
    lists: ({ requests }) => [requests],
    seconds: ({ seconds }) => seconds,
    serve: (store, requests, { slot }) => {
      const job = moveHeadTo(store, requests, slot);
      return job === undefined ? undefined : [textOf(job)];
    },
    timeoutOutput: [],
  }),
  waiting(waitForHead, {
    lists: ({ list }) => [list],
    seconds: ({ seconds }) => seconds,
    serve: (store, list) => {
      const head = elementAt(store, list, 0);
      return head === undefined ? undefined : textOf(head);
    },
    timeoutOutput: null,
  }),
  waiting(popFirst, {
    lists: ({ lists }) => lists,
    seconds: ({ seconds }) => seconds,
    serve: (store, list): [list: string, element: string] | undefined => {
      const head = popHead(store, list);
      return head === undefined ? undefined : [list, textOf(head)];
    },
    timeoutOutput: null,
  }),
];
