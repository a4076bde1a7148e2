import type { Counter, Histogram, Meter } from '@opentelemetry/api';
import { METRICS } from './attribute-names.js';

/** The buckets that the conventions advise for durations, s. */
const DURATION_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** Buckets of the wait in a queue, s: a job may wait for as long as its caller. */
const WAIT_BUCKETS = [...DURATION_BUCKETS, 30, 60, 300];

/** What is recorded when something happens. What is read when metrics are collected is in `Gauges`. */
export interface Instruments {
  readonly clientDuration: Histogram;
  readonly serverDuration: Histogram;
  readonly processDuration: Histogram;
  readonly wait: Histogram;
  readonly sent: Counter;
  readonly consumed: Counter;
  readonly redelivered: Counter;
  readonly dead: Counter;
  readonly lost: Counter;
  readonly dropped: Counter;
  readonly outages: Counter;
}

export function createInstruments(meter: Meter): Instruments {
  const seconds = (name: string, description: string, buckets = DURATION_BUCKETS): Histogram =>
    meter.createHistogram(name, {
      description,
      unit: 's',
      advice: { explicitBucketBoundaries: buckets },
    });
  const count = (name: string, unit: string, description: string): Counter =>
    meter.createCounter(name, { description, unit: `{${unit}}` });
  return {
    clientDuration: seconds(METRICS.clientDuration, 'Duration of requests, at their callers.'),
    serverDuration: seconds(METRICS.serverDuration, 'Duration of the jobs of requests.'),
    processDuration: seconds(METRICS.processDuration, 'Duration of emitted jobs.'),
    wait: seconds(METRICS.wait, 'Time from the push of a job to its start.', WAIT_BUCKETS),
    sent: count(METRICS.sent, 'message', 'Number of emitted jobs.'),
    consumed: count(METRICS.consumed, 'message', 'Number of emitted jobs that were started.'),
    redelivered: count(METRICS.redelivered, 'job', 'Number of jobs that were started again.'),
    dead: count(METRICS.dead, 'job', 'Number of jobs that became dead letters.'),
    lost: count(METRICS.lost, 'worker', 'Number of lost workers that this process found.'),
    dropped: count(METRICS.dropped, 'reply', 'Number of replies that nobody waited for.'),
    outages: count(METRICS.outages, 'outage', 'Number of times that the server could not be used.'),
  };
}
