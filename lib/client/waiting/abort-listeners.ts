/** Is called with the abort reason of a signal. */
export type OnAbort = (reason: unknown) => void;

/**
 * Listens to each signal once, for all requests that use it: Node warns about a signal with more than ten listeners, and removing a
 * listener takes longer the more there are. When no request uses the signal any more, the listener is removed, because Node
 * keeps a signal with listeners in memory.
 */
export class AbortListeners {
  private readonly bySignal = new WeakMap<AbortSignal, SharedListener>();

  /** @returns a function that stops listening. */
  add(signal: AbortSignal, onAbort: OnAbort): () => void {
    let shared = this.bySignal.get(signal);
    if (!shared) {
      shared = new SharedListener(signal);
      this.bySignal.set(signal, shared);
    }
    return shared.add(onAbort);
  }
}

/** The listener of one signal, shared by all requests that use it. */
class SharedListener {
  private readonly all = new Set<OnAbort>();
  private readonly notifyAll = (): void => {
    const reason = reasonOf(this.signal);
    for (const onAbort of this.all) {
      onAbort(reason);
    }
  };

  constructor(private readonly signal: AbortSignal) {}

  add(onAbort: OnAbort): () => void {
    if (this.all.size === 0) {
      this.signal.addEventListener('abort', this.notifyAll);
    }
    this.all.add(onAbort);
    return () => this.remove(onAbort);
  }

  private remove(onAbort: OnAbort): void {
    if (this.all.delete(onAbort) && this.all.size === 0) {
      this.signal.removeEventListener('abort', this.notifyAll);
    }
  }
}

/** Reads the abort reason. A signal class of the application may throw; its exception is the reason then. */
function reasonOf(signal: AbortSignal): unknown {
  try {
    return signal.reason;
  } catch (error) {
    return error;
  }
}
