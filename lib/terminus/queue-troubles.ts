import type { QueueInspection } from '../core/observed-engine.js';
import { explainRefusal } from '../driver/refusal.js';
import type { ReqRepQueueLimits } from './health-options.js';

/** @returns why a queue is not within its limits, as sentences without their full stops. */
export function queueTroubles(
  queue: string,
  limits: ReqRepQueueLimits,
  found: QueueInspection,
): string[] {
  const { maxLength = Infinity, maxAge = Infinity, minWorkers = 0 } = limits;
  const name = `Queue "${queue}"`;
  if (found === undefined) {
    return [`${name} could not be looked at in time`];
  }
  if ('refusal' in found) {
    return [`${name} could not be looked at: ${explainRefusal(found.refusal)}`];
  }
  const { length, age, workers } = found;
  return [
    length > maxLength && `${name} has ${length} waiting jobs, more than ${maxLength}`,
    age > maxAge && `${name} has a job that has waited ${age} ms, longer than ${maxAge} ms`,
    workers < minWorkers && `${name} has ${workers} live workers, fewer than ${minWorkers}`,
  ].filter((text) => text !== false);
}
