import type { Attributes } from '@opentelemetry/api';
import type { ReqRepEvent } from '../telemetry/events.js';
import { ATTRIBUTES } from './attribute-names.js';
import type { Instruments } from './instruments.js';
import type { Labels } from './labels.js';

/** Counts an event. */
export function countEvent(event: ReqRepEvent, instruments: Instruments, labels: Labels): void {
  const because = (common: Attributes, reason: string): Attributes => ({
    ...common,
    [ATTRIBUTES.reason]: reason,
  });
  switch (event.type) {
    case 'job redelivered':
      instruments.redelivered.add(1, labels.ofQueue(event, event.queue).own);
      return;
    case 'job dead':
      instruments.dead.add(1, because(labels.ofQueue(event, event.queue).own, event.reason));
      return;
    case 'worker lost':
      instruments.lost.add(1, labels.ofQueue(event, event.queue).own);
      return;
    case 'reply dropped':
      instruments.dropped.add(1, because(labels.ofInstance(event), event.reason));
      return;
    case 'outage began':
      instruments.outages.add(1, labels.ofInstance(event));
      return;
    case 'outage ended':
  }
}
