import type { SettledQueue } from '../../../lib/worker/settling/outcome.js';

/** A queue that decides nothing and hears nothing. */
export const SILENT_QUEUE: SettledQueue = {
  name: 'reports',
  requests: 'reportsrequests',
  wantsJobs: () => false,
  decideNext: () => ({ kind: 'none' }),
  settleAndWait: () => Promise.reject(new Error('Not asked for')),
  onTaken: () => undefined,
  onUnanswered: () => undefined,
  onReleased: () => undefined,
  onSettled: () => undefined,
};
