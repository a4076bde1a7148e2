type Listener = Parameters<AbortSignal['addEventListener']>[1];
type ListenerOptions = Parameters<AbortSignal['addEventListener']>[2];

const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;

/**
 * Catches what the listeners of a job's signal throw or reject with. Node would end the process with such an error, but a listener
 * that fails, which is code of the application, must not end the jobs of others.
 */
export function fenceListeners(signal: AbortSignal, onError: (error: unknown) => void): void {
  let fenced: WeakMap<object, Listener> | undefined;
  const fence = (listener: Listener): Listener => {
    if (!isListener(listener)) {
      return listener; // Node throws an error that explains it
    }
    fenced ??= new WeakMap();
    let call = fenced.get(listener);
    if (!call) {
      call = (event: Event): void => {
        callListener(listener, signal, event).catch(onError);
      };
      fenced.set(listener, call);
    }
    return call;
  };
  signal.addEventListener = (type: string, listener: Listener, options?: ListenerOptions) =>
    add.call(signal, type, fence(listener), options);
  signal.removeEventListener = (type: string, listener: Listener, options?: ListenerOptions) =>
    remove.call(signal, type, fence(listener), options);
}

/** Calls a listener as Node does: a function with the signal as `this`, an object by its `handleEvent`. */
async function callListener(listener: Listener, signal: AbortSignal, event: Event): Promise<void> {
  await (typeof listener === 'function'
    ? listener.call(signal, event)
    : listener.handleEvent(event));
}

const isListener = (listener: unknown): listener is Listener & object =>
  typeof listener === 'function' || (typeof listener === 'object' && listener !== null);
