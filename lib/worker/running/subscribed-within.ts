import { Observable } from 'rxjs';

/** Returns a stream whose source runs in an async context, such as the one in which a handler was called. @param within - runs a function there. */
export const subscribedWithin = <Value>(
  within: (begin: () => unknown) => unknown,
  values: Observable<Value>,
): Observable<Value> =>
  new Observable((subscriber) => {
    within(() => subscriber.add(values.subscribe(subscriber)));
  });
