/** Hears of the abort of a signal, with its reason. */
export type OnAbort = (reason: unknown) => void;

/**
 * Listens to each signal once, for all requests that wait with it: a signal warns of more than ten listeners, and takes
 * the longer to forget one the more it has. Once none waits with it, the signal is let go of: one that has listeners is
 * kept in memory by Node.
 */
export class AbortListeners {
  private readonly bySignal = new WeakMap<AbortSignal, SharedListener>();

  /** @returns how to stop listening. */
  add(signal: AbortSignal, onAbort: OnAbort): () => void {
    let shared = this.bySignal.get(signal);
    if (!shared) {
      shared = new SharedListener(signal);
      this.bySignal.set(signal, shared);
    }
    return shared.add(onAbort);
  }
}

/** The one listener to a signal, while there is somebody to tell. */
class SharedListener {
  private readonly all = new Set<OnAbort>();
  private readonly tell = (): void => {
    const reason = reasonOf(this.signal);
    for (const onAbort of this.all) {
      onAbort(reason);
    }
  };

  constructor(private readonly signal: AbortSignal) {}

  add(onAbort: OnAbort): () => void {
    if (this.all.size === 0) {
      this.signal.addEventListener('abort', this.tell);
    }
    this.all.add(onAbort);
    return () => this.remove(onAbort);
  }

  private remove(onAbort: OnAbort): void {
    if (this.all.delete(onAbort) && this.all.size === 0) {
      this.signal.removeEventListener('abort', this.tell);
    }
  }
}

/** A signal of a class of the application's may throw when it is asked: that is a reason, too. */
function reasonOf(signal: AbortSignal): unknown {
  try {
    return signal.reason;
  } catch (error) {
    return error;
  }
}
