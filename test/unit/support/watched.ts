/** A promise, and what it has come to so far. */
export interface Watched<Result> {
  isDone: boolean;
  result: Result | undefined;
}

/** Watches a promise that is not to fail. */
export function watched<Result>(promise: Promise<Result>): Watched<Result> {
  const seen: Watched<Result> = { isDone: false, result: undefined };
  void promise.then((result) => Object.assign(seen, { isDone: true, result }));
  return seen;
}
