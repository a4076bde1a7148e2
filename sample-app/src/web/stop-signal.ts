import { once } from 'node:events';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Resolves when the process is told to stop. A second signal of the same kind ends it at once. */
export const stopSignal = (): Promise<unknown> =>
  Promise.race(SIGNALS.map((signal) => once(process, signal)));
