import type { Tracer } from '@opentelemetry/api';
import type { Instruments } from './instruments.js';
import type { Labels } from './labels.js';

/** What spans and metrics are made with. */
export interface TelemetryParts {
  /** `undefined` where no spans are wanted. */
  readonly tracer: Tracer | undefined;
  readonly labels: Labels;
  /** `undefined` where no metrics are wanted, and before the first instance is made. */
  instruments: Instruments | undefined;
}
