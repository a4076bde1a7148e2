/** Hears of the abort of a signal, with its reason. */
export type OnAbort = (reason: unknown) => void;

/**
 * Listens to each signal once, for all requests that wait with it: a signal warns of more than ten listeners, and takes
 * the longer to forget one the more it has.
 */
export class AbortListeners {
  private readonly bySignal = new WeakMap<AbortSignal, Set<OnAbort>>();

  /** @returns how to stop listening. */
  add(signal: AbortSignal, onAbort: OnAbort): () => void {
    const listeners = this.bySignal.get(signal) ?? this.listenTo(signal);
    listeners.add(onAbort);
    return () => listeners.delete(onAbort);
  }

  private listenTo(signal: AbortSignal): Set<OnAbort> {
    const listeners = new Set<OnAbort>();
    this.bySignal.set(signal, listeners);
    signal.addEventListener(
      'abort',
      () => {
        for (const onAbort of listeners) {
          onAbort(signal.reason);
        }
      },
      { once: true },
    );
    return listeners;
  }
}
